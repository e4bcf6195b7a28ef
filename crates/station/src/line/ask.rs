//! Asks the platform until every line has its answer: what passes by waiting is asked again.

use super::figures::now;
use super::{Elapsed, Line};
use crate::platform::{Backoff, Fault, is_passing};
use serde_json::Value;
use std::time::{Duration, Instant};
use tegata_domain::chance;

/// The line's conversation with the platform.
pub(super) struct Asking<'a> {
    line: &'a Line<'a>,
    backoff: Backoff,
    /// The last sign of life.
    heard: Instant,
    /// How long each request took that was answered whole.
    pub(super) requests: Vec<Duration>,
}

/// What a line was answered, or the problem that it was refused with.
pub(super) type Answer = Result<Value, Value>;

impl<'a> Asking<'a> {
    pub(super) fn new(line: &'a Line<'a>) -> Self {
        Asking { line, backoff: Backoff::default(), heard: now(), requests: Vec::new() }
    }

    fn answered(&mut self) {
        self.heard = now();
        self.backoff.reset();
    }

    /// Waits before it is asked again, or gives up.
    fn wait(&mut self, why: &str, asked: Option<Duration>) -> Result<(), String> {
        if self.heard.elapsed_now() > self.line.order.patience {
            let seconds = self.line.order.patience.as_secs();
            return Err(format!(
                "{why}; no answer for {seconds} s. Nothing is lost: run the same command again once the platform answers"
            ));
        }
        let [byte] = chance::bytes::<1>(self.line.chance);
        std::thread::sleep(self.backoff.next(asked, byte));
        Ok(())
    }

    /// An object.
    pub(super) fn get(&mut self, path: &str) -> Result<Value, String> {
        loop {
            match self.line.platform.get(path) {
                Ok(value) => {
                    self.answered();
                    return Ok(value);
                }
                Err(Fault::Passing(why, asked)) => self.wait(&why, asked)?,
                Err(Fault::Fatal(why)) => return Err(why),
            }
        }
    }

    /// The answers to lines, in their order.
    pub(super) fn lines(&mut self, path: &str, lines: &[&str]) -> Result<Vec<Answer>, String> {
        let mut answers: Vec<Option<Answer>> = lines.iter().map(|_| None).collect();
        loop {
            let open: Vec<usize> = (0..lines.len()).filter(|place| answers[*place].is_none()).collect();
            if open.is_empty() {
                return Ok(answers.into_iter().flatten().collect());
            }
            let body: String = open.iter().map(|place| lines[*place]).collect();
            let (begin, mut later, mut heard, mut came) = (now(), None, false, 0);
            let asked = self.line.platform.lines(path, &body, |place, answer| {
                came += 1;
                let Some(place) = open.get(place) else {
                    return Err(Fault::Fatal("the platform answers more lines than it was sent".into()));
                };
                let problem = answer["problem"].clone();
                match problem["status"].as_u64() {
                    None => answers[*place] = Some(Ok(answer)),
                    Some(status) if is_passing(status) => later = Some(problem["detail"].to_string()),
                    Some(_) => answers[*place] = Some(Err(problem)),
                }
                heard |= answers[*place].is_some();
                Ok(())
            });
            if heard {
                self.answered();
            }
            match asked {
                // whole as HTTP sees it, and yet not: asked again at once, it would most likely be the same
                Ok(()) if came < open.len() => {
                    self.wait(&format!("the platform answered {came} of {} lines", open.len()), None)?;
                }
                Ok(()) => self.requests.push(begin.elapsed_now()),
                Err(Fault::Passing(why, after)) => self.wait(&why, after)?,
                Err(Fault::Fatal(why)) => return Err(why),
            }
            if let Some(why) = later {
                self.wait(&format!("the platform is busy: {why}"), None)?;
            }
        }
    }
}

#[cfg(test)]
#[path = "ask_tests.rs"]
mod tests;
