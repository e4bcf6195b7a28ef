//! `cargo xtask soak`: the long tests, by hand: minutes to hours, some as root.

use crate::tally::{Book, Tally};
use crate::{needs, run};

/// Help of `soak`.
pub const HELP: &str = "\
cargo xtask soak [--only PART] [--rounds N]

Runs what takes too long for every change, and closes with one line `N passed, N failed`.
  bed       the test bed alone: commits acknowledged by PostgreSQL under Patroni survive its faults
  cluster   three nodes on it: killed, held and cut off under load, their database too

  --only PART    that part alone
  --rounds N     how many times each fault comes (1)

Both need root, for network namespaces of their own; nothing outside of these is touched.";

const PARTS: [&str; 2] = ["bed", "cluster"];

/// `cargo xtask soak`.
pub fn command(args: &[String]) -> Result<bool, String> {
    let asked = Asked::read(args)?;
    let mut book = Book::default();
    if book.part("needs", needed).failed > 0 {
        return Ok(book.close());
    }
    if asked.runs("bed") {
        book.part("bed", || {
            let script = run::root().join("tests/cluster/bed-test.sh");
            counted("bed", run::program(script, &[]).env("ROUNDS", &asked.rounds))
        });
    }
    if asked.runs("cluster") {
        book.part("cluster", || {
            let mut test = run::cargo(&["test", "--release", "-p", "tegata", "--test", "cluster"]);
            counted("cluster", test.env("CLUSTER_ROUNDS", &asked.rounds))
        });
    }
    Ok(book.close())
}

fn needed() -> Tally {
    needs::install_for_soak().map_or_else(|why| Tally::failure(&why), |()| Tally::default())
}

/// One check, which holds when the program ends well.
fn counted(name: &str, command: &mut std::process::Command) -> Tally {
    let ended = run::stream(command, |_| {});
    let well = matches!(&ended, Ok(status) if status.success());
    Tally::one(well).closed(name, ended.map(|_| true))
}

struct Asked {
    only: Option<String>,
    rounds: String,
}

impl Asked {
    fn read(args: &[String]) -> Result<Asked, String> {
        let mut asked = Asked { only: None, rounds: "1".to_owned() };
        let mut args = args.iter();
        while let Some(name) = args.next() {
            match (name.as_str(), args.next()) {
                ("--only", Some(part)) if PARTS.contains(&part.as_str()) => asked.only = Some(part.clone()),
                ("--rounds", Some(count)) if count.parse::<u32>().is_ok_and(|n| n > 0) => asked.rounds = count.clone(),
                _ => return Err(format!("expected --rounds N, and --only and one of {}", PARTS.join(", "))),
            }
        }
        Ok(asked)
    }

    fn runs(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let read = |args: &[&str]| Asked::read(&args.iter().map(|arg| (*arg).into()).collect::<Vec<_>>());
        let asked = read(&["--only", "bed", "--rounds", "3"]).unwrap_or_else(|why| panic!("{why}"));
        assert!(asked.runs("bed") && !asked.runs("cluster") && asked.rounds == "3");
        assert!(read(&[]).is_ok_and(|asked| asked.runs("cluster")));
        for wrong in [&["--only"][..], &["--only", "nothing"], &["--rounds", "0"], &["fast"]] {
            assert!(read(wrong).is_err());
        }
    }
}
