//! `cargo xtask pictures`: the pictures of the handbook, taken of the demo in a real browser.
//!
//! Why a command: a picture that somebody took by hand shows a page that is long gone; these are taken anew in a minute.

use crate::{foreign, needs, run};
use std::time::Duration;

/// Help of `pictures`.
pub const HELP: &str = "\
cargo xtask pictures [--devices N]

Installs what it needs (Debian 12; as root, or prints the command), plays `tegata demo` and takes its pages with
headless Chromium into docs/pictures/console: palette PNG, at most 120 kB each. Look at them before you commit them.

  --devices N   how many devices the demo makes (2000)";

/// Playing and looking together.
const LIMIT: Duration = Duration::from_secs(15 * 60);
/// Enough that every page has something to show.
const DEVICES: u32 = 2000;

/// `cargo xtask pictures`.
pub fn command(args: &[String]) -> Result<bool, String> {
    let devices = devices(args)?;
    needs::install_for_pictures()?;
    foreign::build()?;
    let python = needs::venv().join("bin/python3");
    let mut take = run::within(LIMIT, python, &["tests/foreign/browser/pictures.py"]);
    take.arg(foreign::tegata()).arg(devices.to_string()).arg("docs/pictures/console");
    run::pass(&mut take).map(|()| true)
}

fn devices(args: &[String]) -> Result<u32, String> {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(DEVICES),
        ["--devices", count] => count.parse().map_err(|_| format!("--devices takes a number, not {count:?}")),
        _ => Err("expected nothing or --devices N".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let read = |args: &[&str]| devices(&args.iter().map(|arg| (*arg).into()).collect::<Vec<String>>());
        assert_eq!((read(&[]), read(&["--devices", "200"])), (Ok(2000), Ok(200)));
        for wrong in [&["--devices"][..], &["--devices", "many"], &["--all"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    /// Pictures that a text names, as it names them: `![…](PATH)` or `src="PATH"`.
    fn named(text: &str) -> Vec<&str> {
        let after =
            |mark: &'static str, end: char| text.split(mark).skip(1).filter_map(move |rest| rest.split(end).next());
        let both = after("](", ')').chain(after("src=\"", '"'));
        both.filter(|path| path.ends_with(".png") || path.ends_with(".svg"))
            .filter(|path| !path.contains("://"))
            .collect()
    }

    fn texts(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => texts(&entry, found),
                false if entry.extension().is_some_and(|kind| kind == "md") => found.push(entry),
                false => {}
            }
        }
    }

    #[test]
    fn texts_name_pictures_that_are_there() {
        let mut found = vec![run::root().join("README.md")];
        texts(&run::root().join("docs"), &mut found);
        let mut pictures = 0;
        for path in found {
            for picture in named(&std::fs::read_to_string(&path).unwrap()) {
                assert!(path.with_file_name(picture).exists(), "{} names {picture}", path.display());
                pictures += 1;
            }
        }
        assert!(pictures >= 3, "the scan finds pictures");
        assert_eq!(named("![a](b.png) <img src=\"c.svg\"> [d](e.md)"), ["b.png", "c.svg"]);
    }
}
