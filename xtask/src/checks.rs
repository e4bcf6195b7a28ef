//! The checks that need no running server: fmt, clippy, deny, layout, doc.

use crate::tally::{Book, Tally};
use crate::{deny, layout, no_options, run, suite};

/// Help of `ci`.
pub const HELP: &str = "\
cargo xtask ci

Runs the checks fmt, clippy, deny, layout and doc, all of them even when one fails, then `cargo test`.
Exit code 0 only when everything held. Prints what each took.";

/// A check: its name and what it does; `Ok(false)` when its fault is printed already.
type Check = (&'static str, fn() -> Result<bool, String>);

const CHECKS: [Check; 5] =
    [("fmt", fmt), ("clippy", clippy), ("deny", deny::check), ("layout", layout::check), ("doc", doc)];

/// `cargo xtask ci`.
pub fn ci(args: &[String]) -> Result<bool, String> {
    no_options(args)?;
    let mut book = Book::default();
    all(&mut book);
    book.part("cargo test", suite::part);
    Ok(book.close())
}

/// Every check, each a part of its own.
pub fn all(book: &mut Book) {
    for (name, check) in CHECKS {
        book.part(name, || {
            let held = check().unwrap_or_else(|why| {
                println!("{why}");
                false
            });
            println!("{} {name}", if held { "ok" } else { "not ok" });
            Tally::one(held)
        });
    }
}

fn fmt() -> Result<bool, String> {
    run::pass(&mut run::cargo(&["fmt", "--all", "--check"])).map(|()| true)
}

fn clippy() -> Result<bool, String> {
    run::pass(&mut run::workspace("clippy", &["--all-targets", "--", "-D", "warnings"])).map(|()| true)
}

fn doc() -> Result<bool, String> {
    let mut command = run::workspace("doc", &["--no-deps"]);
    run::pass(command.env("RUSTDOCFLAGS", "-Dwarnings")).map(|()| true)
}
