//! Configured commands: run without a shell, with a time limit, their output bounded.
//!
//! Invariant: a command that is ended is ended with all that it started, unless that left its process group: an
//! installer that writes on while the next attempt runs would spoil it.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Bytes of output that are kept.
const OUTPUT_MAX: u64 = 64 * 1024;
/// How often a running command is looked at: soon at first, then ever more rarely.
const LOOK: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(100)];

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It could not be started.
    #[error("{0} could not be started: {1}")]
    Start(String, std::io::Error),
    /// It ran too long and was ended.
    #[error("{0} did not end within {1} s")]
    Late(String, u64),
    /// It ended with a failure.
    #[error("{0} ended with {1}: {2}")]
    Failed(String, String, String),
    /// No command is configured.
    #[error("no {0} command is configured")]
    Missing(&'static str),
}

/// Runs a command to its end and answers what it printed (stdout and stderr of a failure in its error). `more` is put
/// behind its arguments; `environment` is added to its environment.
pub fn run(
    command: &[String],
    more: &[&std::ffi::OsStr],
    environment: &[(&str, &str)],
    timeout: Duration,
) -> Result<Vec<u8>, HookError> {
    let (program, arguments) = command.split_first().ok_or(HookError::Missing("such"))?;
    let start = |why| HookError::Start(program.clone(), why);
    let mut prepared = Command::new(program);
    // a group of its own, so that it can be ended as a whole
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut prepared, 0);
    let mut child = prepared
        .args(arguments)
        .args(more)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    let (out, err) = (listen(child.stdout.take()), listen(child.stderr.take()));
    let ended = wait(&mut child, timeout).map_err(start)?;
    let Some(ended) = ended else {
        return Err(HookError::Late(program.clone(), timeout.as_secs()));
    };
    // a grandchild may hold the pipes open for ever: what came by now counts
    let hear = |from: mpsc::Receiver<Vec<u8>>| from.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    let (out, err) = (hear(out), hear(err));
    if ended.success() {
        return Ok(out);
    }
    let text = if err.is_empty() { out } else { err };
    let text = crate::link::words(String::from_utf8_lossy(&text).trim());
    Err(HookError::Failed(program.clone(), ended.to_string(), text))
}

/// Reads a pipe to its end in a thread of its own, so that a full pipe never stops the command.
fn listen(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (to, from) = mpsc::channel();
    std::thread::spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let mut bytes = Vec::new();
        let _ = (&mut pipe).take(OUTPUT_MAX).read_to_end(&mut bytes);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        let _ = to.send(bytes);
    });
    from
}

fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<ExitStatus>> {
    let (mut left, mut look) = (timeout, LOOK[0]);
    loop {
        if let Some(ended) = child.try_wait()? {
            return Ok(Some(ended));
        }
        if left.is_zero() {
            end(child);
            return Ok(None);
        }
        std::thread::sleep(look);
        left = left.saturating_sub(look);
        look = (look * 2).min(LOOK[1]);
    }
}

/// Ends a command and what it started. It is waited for only then: until it is, no other process gets its id.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _gone_already = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _gone_already = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, seconds: u64) -> Result<Vec<u8>, HookError> {
        let command = ["sh".to_owned(), "-c".to_owned(), script.to_owned()];
        run(&command, &["image".as_ref()], &[("NONCE", "n")], Duration::from_secs(seconds))
    }

    #[test]
    fn output_comes_back_bounded() {
        assert_eq!(check("echo $0 $NONCE", 5).unwrap(), b"image n\n");
        assert_eq!(check("head -c 300000 /dev/zero", 5).unwrap().len() as u64, OUTPUT_MAX);
    }

    #[test]
    fn what_a_late_command_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let script = format!("(sleep 2; echo lives > {}) & wait", trace.display());
        assert!(matches!(check(&script, 1), Err(HookError::Late(..))));
        std::thread::sleep(Duration::from_millis(2500));
        assert!(!trace.exists());
    }

    #[test]
    fn failures_say_what_happened() {
        let failed = check("echo broken >&2; exit 3", 5).unwrap_err().to_string();
        assert!(failed.contains('3') && failed.contains("broken"), "{failed}");
        assert!(matches!(check("exec sleep 20", 0), Err(HookError::Late(..))));
        assert!(matches!(run(&[], &[], &[], LOOK[1]), Err(HookError::Missing(_))));
        assert!(matches!(run(&["/no/such".into()], &[], &[], LOOK[1]), Err(HookError::Start(..))));
    }
}
