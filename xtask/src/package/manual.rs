//! Man pages: what `--help` prints, brought into their form by help2man, one for the program and one a subcommand.

use crate::{reproduce, run};
use std::path::Path;

/// File name and text of every page of a program.
pub fn pages(program: &Path, name: &str, about: &str) -> Result<Vec<(String, String)>, String> {
    let help = run::capture(run::program(program, &["--help"]).current_dir(run::root()))?;
    let mut pages = vec![(format!("{name}.1"), page(program, (name, about), None)?)];
    for (subcommand, about) in subcommands(&help) {
        let page = page(program, (&format!("{name}-{subcommand}"), about), Some(subcommand))?;
        pages.push((format!("{name}-{subcommand}.1"), page));
    }
    Ok(pages)
}

fn page(program: &Path, (name, about): (&str, &str), subcommand: Option<&str>) -> Result<String, String> {
    let help = subcommand.map_or("--help".to_owned(), |subcommand| format!("{subcommand} --help"));
    // a subcommand answers no --version
    let version = run::capture(&mut run::program(program, &["--version"]))?;
    let version = version.split_whitespace().last().unwrap_or_default();
    let mut command = run::program("help2man", &["--no-info", "--section=1", "--manual=Tegata", "--no-discard-stderr"]);
    command.args([format!("--help-option={help}"), format!("--version-string={version}")]);
    command.args([format!("--name={about}"), format!("--source={name} {version}")]);
    command.env("SOURCE_DATE_EPOCH", reproduce::epoch()).env("LC_ALL", "C.UTF-8").env("COLUMNS", "80");
    let text = run::capture(command.arg(program))?;
    // help2man names every page after the program
    let file = program.file_name().unwrap_or_default().to_string_lossy();
    let title = |name: &str| format!(".TH {} ", name.to_uppercase());
    let text = text.replacen(&title(&file), &title(name), 1);
    Ok(text.replacen(&format!("{file} \\- "), &format!("{name} \\- "), 1))
}

/// Name and one line about every subcommand, from the text of `--help`.
fn subcommands(help: &str) -> Vec<(&str, &str)> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  "));
    let named = list.filter_map(|line| line.trim_start().split_once("  ").map(|(name, about)| (name, about.trim())));
    named.filter(|(name, _)| *name != "help" && !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_are_found() {
        let help = "About\n\nUsage: x <COMMAND>\n\nCommands:\n  init   Set up\n  serve  Run it\n         on\n  help   \
                    Print\n\nOptions:\n  -h  y\n";
        assert_eq!(subcommands(help)[..2], [("init", "Set up"), ("serve", "Run it")]);
        assert_eq!(subcommands("no commands"), []);
    }
}
