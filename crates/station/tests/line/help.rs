//! What the program says of itself.

use crate::factory::station;
use clap::CommandFactory;
use std::collections::BTreeSet;

#[test]
fn every_help_has_an_example_and_says_what_it_said() {
    let command = tegata_station::command::Cli::command();
    let subcommands = command.get_subcommands().map(|sub| sub.get_name().to_owned());
    let mut names = BTreeSet::new();
    for name in std::iter::once(String::new()).chain(subcommands.filter(|name| name != "help")) {
        let output =
            station(&[name.as_str(), "--help"].into_iter().filter(|a| !a.is_empty()).collect::<Vec<_>>()).output();
        let output = output.unwrap();
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && output.stderr.is_empty());
        let example = help.split_once("Example").unwrap_or_else(|| panic!("{name} --help has no example")).1;
        assert!(example.contains(format!("tegata-station {name}").trim_end()), "the example of {name} shows another");
        let snapshot = format!("help-{name}").trim_end_matches('-').to_owned();
        names.insert(format!("line__help__{snapshot}.snap"));
        insta::assert_snapshot!(snapshot, help);
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/line/snapshots");
    let stored: BTreeSet<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(stored, names, "snapshots that no command refers to");
}

#[test]
fn wrong_usage_is_no_success() {
    for arguments in [&["nonsense"][..], &["make"], &["label"], &["check"]] {
        let output = station(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && output.stdout.is_empty() && said.contains("--help"),
            "{arguments:?}: {said}"
        );
    }
}
