//! Checks and tests of this repository: `cargo xtask NAME`.
//!
//! Why here: what CI runs is a program in the repository, so that everybody runs the same thing and it can be tested.

mod checks;
mod demo;
mod deny;
mod foreign;
mod fuzz;
mod layout;
mod needs;
mod package;
mod pictures;
mod reproduce;
mod run;
mod soak;
mod suite;
mod tally;
mod test;

use std::process::ExitCode;

/// A subcommand: its name, one line about it, its help, and what it does. `Ok(false)` means that something is wrong
/// and was already printed; `Err` that it could not be done at all.
struct Command {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<bool, String>,
}

const COMMANDS: [Command; 10] = [
    Command {
        name: "ci",
        about: "fmt, clippy, deny, layout, doc, then cargo test",
        help: checks::HELP,
        run: checks::ci,
    },
    Command {
        name: "layout",
        about: "arrows between crates, sizes, comments",
        help: layout::HELP,
        run: layout::command,
    },
    Command { name: "deny", about: "licences, bans, sources, advisories", help: deny::HELP, run: deny::command },
    Command { name: "fuzz", about: "every parser under libFuzzer", help: fuzz::HELP, run: fuzz::command },
    Command {
        name: "package",
        about: "Debian packages, each with its bill of materials",
        help: package::HELP,
        run: package::command,
    },
    Command {
        name: "pictures",
        about: "the handbook's pictures, of the demo",
        help: pictures::HELP,
        run: pictures::command,
    },
    Command { name: "sbom", about: "one bill of materials", help: package::sbom::HELP, run: package::sbom::command },
    Command {
        name: "reproduce",
        about: "builds twice in two places, and compares",
        help: reproduce::HELP,
        run: reproduce::command,
    },
    Command { name: "soak", about: "the long tests, by hand", help: soak::HELP, run: soak::command },
    Command { name: "test", about: "everything, on a fresh Debian 12", help: test::HELP, run: test::command },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = args.split_first().map_or(("help", &[][..]), |(name, rest)| (name.as_str(), rest));
    if matches!(name, "help" | "--help" | "-h") {
        return help(rest);
    }
    let Some(command) = by_name(name) else {
        return fail(&format!("no command {name:?}; `cargo xtask help` lists them"));
    };
    if rest.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{}", command.help);
        return ExitCode::SUCCESS;
    }
    match (command.run)(rest) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => fail(&format!("{name}: {why}")),
    }
}

fn by_name(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

fn help(args: &[String]) -> ExitCode {
    match args.first().map(|name| (name, by_name(name))) {
        Some((_, Some(command))) => println!("{}", command.help),
        Some((name, None)) if name != "help" => return fail(&format!("no command {name:?}")),
        _ => {
            println!("usage: cargo xtask COMMAND [OPTION…]\n");
            for command in &COMMANDS {
                println!("  {:<10}{}", command.name, command.about);
            }
            println!("  {:<10}this list, or `help COMMAND` for one of them", "help");
        }
    }
    ExitCode::SUCCESS
}

fn fail(why: &str) -> ExitCode {
    eprintln!("xtask: {why}");
    ExitCode::FAILURE
}

/// For commands without options: refuses any.
fn no_options(args: &[String]) -> Result<(), String> {
    args.first().map_or(Ok(()), |arg| Err(format!("unknown option {arg:?}; --help tells what there is")))
}
