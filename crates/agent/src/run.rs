//! The agent's life: heartbeat and update poll, each at the interval that the platform gives, each with its own back-off.
//!
//! One round does what is due and says how long to wait; the program waits, the tests do not.

use crate::backoff::Backoff;
use crate::config::OnRequest;
use crate::cx::Cx;
use crate::ddi::Ddi;
use crate::enrol::{self, Which};
use crate::erase::{self, State};
use crate::error::{Error, Result};
use crate::heartbeat::{self, Answer};
use crate::identity::Identity;
use crate::link::{Link, LinkError};
use crate::update::Polled;
use crate::{answer as answers, status, update};
use std::time::Duration;

/// A renewal that failed is not tried more often.
const RENEWAL_STEP: Duration = Duration::from_secs(3600);
/// One download goes on no longer before the next heartbeat is looked at.
const DOWNLOAD_MAX: Duration = Duration::from_secs(600);
const DOWNLOAD_MIN: Duration = Duration::from_secs(5);

/// What came of a round.
#[derive(Debug)]
pub struct Round {
    /// How long nothing is due.
    pub wait: Duration,
    /// What went wrong; the agent goes on all the same.
    pub problems: Vec<Error>,
    /// The device is erased: there is nothing left to do.
    pub ended: bool,
}

/// The connection in use, and for whom it speaks.
struct Speaking {
    link: Link,
    identity: Identity,
    which: Which,
}

/// The agent, between two rounds.
pub struct Runner {
    cx: Cx,
    speaking: Option<Speaking>,
    heartbeat_at: Duration,
    poll_at: Duration,
    renewal_at: Duration,
    heartbeats: Backoff,
    polls: Backoff,
    /// Polls go on while an image that did not come is waited for.
    download_at: Duration,
    downloads: Backoff,
    /// The action whose image comes, and how much of it there is.
    fetched: Option<(String, u64)>,
    /// The version that the last heartbeat told.
    told: Option<String>,
    /// What went wrong at the last heartbeat, and at the last poll.
    troubles: [Option<String>; 2],
    /// Questions that were answered.
    signed: u64,
}

impl Runner {
    /// Before the first round: everything is due.
    pub fn new(cx: Cx) -> Self {
        let due = cx.time.passed();
        let (heartbeats, polls, downloads) = (Backoff::default(), Backoff::default(), Backoff::default());
        let (heartbeat_at, poll_at, renewal_at) = (due, due, due);
        Runner {
            cx,
            speaking: None,
            heartbeat_at,
            poll_at,
            renewal_at,
            heartbeats,
            polls,
            download_at: due,
            downloads,
            fetched: None,
            told: None,
            troubles: [None, None],
            signed: 0,
        }
    }

    /// Does what is due.
    pub fn round(&mut self) -> Round {
        let mut problems = Vec::new();
        match erase::state(&self.cx) {
            Ok(State::None) => {}
            Ok(State::Done) => return Round { wait: Duration::ZERO, problems, ended: true },
            Ok(State::UnderWay) => return self.erase(),
            Err(why) => problems.push(why),
        }
        if self.cx.time.passed() >= self.heartbeat_at {
            let beaten = self.heartbeat();
            self.troubles[0] = beaten.as_ref().err().map(Error::to_string);
            problems.extend(beaten.err());
        }
        if matches!(erase::state(&self.cx), Ok(State::UnderWay)) {
            return self.erase();
        }
        if self.cx.time.passed() >= self.poll_at {
            let polled = self.poll();
            // an image that is still waited for is trouble, though polls work
            if polled.is_err() || !self.downloads.is_waiting() {
                self.troubles[1] = polled.as_ref().err().map(Error::to_string);
            }
            problems.extend(polled.err());
        }
        self.note(&mut problems);
        let due = self.heartbeat_at.min(self.poll_at);
        Round { wait: due.saturating_sub(self.cx.time.passed()), problems, ended: false }
    }

    fn erase(&mut self) -> Round {
        match erase::proceed(&self.cx) {
            Ok(()) => Round { wait: Duration::ZERO, problems: Vec::new(), ended: true },
            Err(why) => {
                let wait = self.heartbeats.failed(&self.cx.config.heartbeat, retry_after(&why), &*self.cx.chance);
                Round { wait, problems: vec![why], ended: false }
            }
        }
    }

    /// Keeps for people what goes wrong, until the same thing works again.
    fn note(&self, problems: &mut Vec<Error>) {
        let mut all: Vec<&str> = self.troubles.iter().flatten().map(String::as_str).collect();
        all.dedup();
        let problem = Some(all.join("; ")).filter(|text| !text.is_empty());
        let held = problems.iter().find(|why| matches!(why, Error::Held(_))).map(Error::to_string);
        let kept = status::change(&self.cx, |status| {
            status.problem = problem;
            if held.is_some() {
                status.held = held;
            }
        });
        problems.extend(kept.err());
    }

    /// Opens the connection as the operational identity, which is made where there is none.
    fn speak(&mut self) -> Result<&Speaking> {
        if self.speaking.is_none() {
            if enrol::operational(&self.cx)?.is_none() {
                enrol::enrol(&self.cx)?;
            }
            let none = || Error::Other("there is no operational identity".into());
            let (identity, which) = enrol::operational(&self.cx)?.ok_or_else(none)?;
            let link = Link::new(&self.cx.config.device_url, &enrol::trust(&self.cx)?, Some(&identity));
            self.speaking = Some(Speaking { link, identity, which });
        }
        self.speaking.as_ref().ok_or_else(|| Error::Other("there is no connection".into()))
    }

    fn heartbeat(&mut self) -> Result<()> {
        match self.beat() {
            Ok(answer) => {
                self.heartbeats.worked();
                self.heartbeat_at = self.cx.time.passed() + self.cx.config.heartbeat.hold(answer.next.into());
                // first, while the connection is the one that the question came over
                let signed = self.sign(&answer);
                self.follow(&answer)?;
                signed
            }
            Err(why) => {
                let wait = self.heartbeats.failed(&self.cx.config.heartbeat, retry_after(&why), &*self.cx.chance);
                self.heartbeat_at = self.cx.time.passed() + wait;
                if let Error::Fork(text) = &why {
                    let text = text.clone();
                    status::change(&self.cx, |status| status.fork = Some(text))?;
                }
                if is_certificate(&why) {
                    self.replace()?;
                }
                Err(why)
            }
        }
    }

    fn beat(&mut self) -> Result<Answer> {
        let version = update::told(&self.cx).unwrap_or_else(|why| {
            self.cx.say(why.to_string());
            None
        });
        let cx = self.cx.clone();
        let speaking = self.speak()?;
        let answer = heartbeat::beat(&cx, &speaking.link, version.as_deref())?;
        if speaking.which == Which::Next {
            enrol::promote(&cx)?;
            if let Some(speaking) = &mut self.speaking {
                speaking.which = Which::Current;
            }
        }
        self.told = version;
        let now = self.cx.time.now().millis();
        status::change(&self.cx, |status| {
            status.heard_at = Some(now);
            status.held = None;
        })?;
        Ok(answer)
    }

    /// The next heartbeat is due now: somebody stands before the device, or waits at its page.
    pub fn hurry(&mut self) {
        self.heartbeat_at = self.cx.time.passed();
    }

    /// One heartbeat and the answer to a question that it brings, nothing else; answers whether there was one.
    pub fn beat_now(&mut self) -> Result<bool> {
        let before = self.signed;
        self.heartbeat()?;
        Ok(self.signed > before)
    }

    /// Signs what somebody asks it to sign now. A question that is over meanwhile is no trouble.
    fn sign(&mut self, answer: &Answer) -> Result<()> {
        let (Some(nonce), Some(speaking)) = (&answer.challenge, &self.speaking) else { return Ok(()) };
        match answers::answer(&self.cx, &speaking.link, &answer.number, nonce) {
            Err(Error::Link(LinkError::Refused { status: 409, .. })) => Ok(()),
            Err(why) => Err(why),
            Ok(()) => {
                self.signed += 1;
                Ok(())
            }
        }
    }

    /// Does what the platform asked.
    fn follow(&mut self, answer: &Answer) -> Result<()> {
        let now = self.cx.time.passed();
        if answer.update && !self.polls.is_waiting() {
            self.poll_at = now;
        }
        if answer.erase {
            match self.cx.config.erasure.erase {
                OnRequest::OnRequest => erase::begin(&self.cx)?,
                OnRequest::ByCommand => self.cx.say("the owner asks for the erasure; here only a person may begin it"),
            }
        }
        let Some(speaking) = &self.speaking else { return Ok(()) };
        let is_old = speaking.identity.chain.first().is_some_and(|leaf| enrol::is_old(leaf, self.cx.time.now()));
        if (answer.renew || is_old) && now >= self.renewal_at {
            self.renewal_at = now + RENEWAL_STEP;
            enrol::renew(&self.cx, &speaking.identity)?;
            self.speaking = None;
        }
        Ok(())
    }

    /// The platform does not take the certificate: back to the old one, or to a new enrolment.
    fn replace(&mut self) -> Result<()> {
        let which = self.speaking.take().map(|speaking| speaking.which);
        match which {
            Some(Which::Next) => enrol::drop_next(&self.cx),
            Some(Which::Current) => enrol::enrol(&self.cx),
            None => Ok(()),
        }
    }

    fn poll(&mut self) -> Result<()> {
        let polled = self.ask();
        let now = self.cx.time.passed();
        match polled {
            Ok(polled) => {
                self.polls.worked();
                let sleep = polled.sleep.map_or(300, |sleep| sleep.as_secs());
                self.poll_at = now + self.cx.config.heartbeat.hold(sleep);
                self.wait_for_image(polled.stuck.as_ref());
                if update::told(&self.cx)? != self.told && !self.heartbeats.is_waiting() {
                    self.heartbeat_at = self.heartbeat_at.min(now);
                }
                polled.stuck.map_or(Ok(()), Err)
            }
            Err(why) => {
                let wait = self.polls.failed(&self.cx.config.heartbeat, retry_after(&why), &*self.cx.chance);
                self.poll_at = now + wait;
                Err(why)
            }
        }
    }

    /// When an image that is not whole is fetched on.
    fn wait_for_image(&mut self, stuck: Option<&Error>) {
        let (now, bounds) = (self.cx.time.passed(), &self.cx.config.heartbeat);
        let under_way = update::read(&self.cx).filter(|update| update.phase == update::Phase::Downloading);
        let synced = under_way.map(|update| (update.action, update.synced));
        if synced != self.fetched {
            self.downloads.worked();
        }
        if let Some(why) = stuck {
            // what is refused for long is asked for less and less, however soon the refusal says
            let wait = self.downloads.failed(bounds, None, &*self.cx.chance);
            let asked = retry_after(why).map(|asked| Backoff::default().failed(bounds, Some(asked), &*self.cx.chance));
            self.download_at = now + asked.map_or(wait, |asked| asked.max(wait));
        } else if synced != self.fetched {
            self.download_at = now;
        }
        if synced.is_some() {
            let next = if self.downloads.is_waiting() { self.download_at } else { self.heartbeat_at };
            self.poll_at = now.max(next.min(self.poll_at));
        }
        self.fetched = synced;
    }

    /// Polls as the operational identity; a device that cannot enrol asks as it was made, since a remedy may wait.
    fn ask(&mut self) -> Result<Polled> {
        let cx = self.cx.clone();
        let now = cx.time.passed();
        let until = self.heartbeat_at.clamp(now + DOWNLOAD_MIN, now + DOWNLOAD_MAX);
        // before the first heartbeat nothing is known to ask for
        let Some(number) = heartbeat::number(&cx)? else { return Ok(Polled { sleep: None, stuck: None }) };
        let made;
        let link = match &self.speaking {
            Some(speaking) => &speaking.link,
            None => {
                let identity = enrol::operational(&cx)?.map_or_else(|| enrol::idevid(&cx), |(own, _)| Ok(own))?;
                made = Link::new(&cx.config.device_url, &enrol::trust(&cx)?, Some(&identity));
                &made
            }
        };
        let until = Some(until).filter(|_| now >= self.download_at);
        update::poll(&cx, &Ddi::new(link, &cx.config.tenant, &number), until)
    }
}

/// When the platform wants to be asked again.
fn retry_after(why: &Error) -> Option<Duration> {
    match why {
        Error::Link(why) => why.retry_after(),
        _ => None,
    }
}

/// The platform does not take the certificate that was shown, whatever is said under it.
fn is_certificate(why: &Error) -> bool {
    match why {
        Error::Link(LinkError::Refused { status, code, .. }) => {
            *status == 401 || *status == 403 && matches!(code.as_str(), "certificate" | "enrol_first")
        }
        _ => false,
    }
}
