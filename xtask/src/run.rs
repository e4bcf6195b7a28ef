//! Other programs: where they run, how their output passes through, how long they take.
//!
//! Invariant: no program gets our standard input, so nothing here can wait for a person.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The top folder of the repository.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// What builds leave behind: `target/PART`.
pub fn target(part: &str) -> PathBuf {
    root().join("target").join(part)
}

/// A program in the top folder, without standard input.
pub fn program(name: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// The same, ended after `limit`, together with what it started.
pub fn within(limit: Duration, name: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = program("timeout", &["--kill-after=10", &limit.as_secs().to_string()]);
    command.arg(name).args(args);
    command
}

/// Cargo.
pub fn cargo(args: &[&str]) -> Command {
    program("cargo", args)
}

/// Runs to the end with its output untouched; `Err` says how it ended when that was not well.
pub fn pass(command: &mut Command) -> Result<(), String> {
    announce(command);
    let status = command.status().map_err(|why| cannot(command, &why))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", words(command))) }
}

/// Runs to the end; standard output goes to `each` line by line and through to ours as it comes.
pub fn stream(command: &mut Command, mut each: impl FnMut(&str)) -> Result<ExitStatus, String> {
    announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|why| cannot(command, &why))?;
    if let Some(out) = child.stdout.take() {
        pour(BufReader::new(out), &mut each).map_err(|why| cannot(command, &why))?;
    }
    child.wait().map_err(|why| cannot(command, &why))
}

/// The same of standard output and standard error together, in the order in which they came.
pub fn stream_both(mut command: Command, mut each: impl FnMut(&str)) -> Result<ExitStatus, String> {
    announce(&command);
    let failed = |command: &Command, why: io::Error| cannot(command, &why);
    let (reader, writer) = io::pipe().map_err(|why| failed(&command, why))?;
    let other = writer.try_clone().map_err(|why| failed(&command, why))?;
    let mut child = command.stdout(writer).stderr(other).spawn().map_err(|why| failed(&command, why))?;
    let name = words(&command);
    // it holds ends of the pipe, which must all be closed before the pipe ends
    drop(command);
    pour(BufReader::new(reader), &mut each)
        .and_then(|()| child.wait())
        .map_err(|why| format!("could not run {name}: {why}"))
}

/// Passes each line on to our output and to `each`.
fn pour(mut from: impl BufRead, each: &mut impl FnMut(&str)) -> io::Result<()> {
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        let mut ours = io::stdout().lock();
        // A closed pipe of ours must not end the tests: their result is the exit code.
        let _ = ours.write_all(&line).and_then(|()| ours.flush());
        each(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(())
}

/// Standard output as text; `Err` carries what it printed to standard error.
pub fn capture(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|why| cannot(command, &why))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} ended with {}: {}", words(command), output.status, why.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Does it, and says how long it took.
#[expect(clippy::disallowed_methods, reason = "the one clock of this tool: it measures its own parts")]
pub fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = act();
    (value, start.elapsed())
}

fn announce(command: &Command) {
    println!("$ {}", words(command));
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn cannot(command: &Command, why: &io::Error) -> String {
    format!("could not run {}: {why}", words(command))
}
