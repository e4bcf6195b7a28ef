//! Templates carry structure only: every word comes from the catalogues.

use std::fs;
use std::path::{Path, PathBuf};

fn templates(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of templates").map(|e| e.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { templates(&path) } else { vec![path] }).collect()
}

/// The template without what the engine replaces and without its comments.
fn structure(source: &str) -> String {
    let mut out = source.to_owned();
    for (open, close) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}")] {
        while let Some(at) = out.find(open) {
            let end = at + out[at..].find(close).expect("every engine tag is closed") + close.len();
            out.replace_range(at..end, "");
        }
    }
    out
}

/// The words between tags, and those in attributes that are read aloud or shown.
fn words(structure: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in structure.split('<') {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        found.push(text.to_owned());
        for attribute in ["aria-label", "alt", "title", "placeholder", "value"] {
            let start = format!(" {attribute}=\"");
            let values = tag.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(values.map(str::to_owned));
        }
    }
    found.into_iter().filter(|text| text.chars().any(char::is_alphabetic)).collect()
}

#[test]
fn no_word_stands_in_a_template() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let all = templates(&folder);
    assert!(all.len() >= 10, "{all:?}");
    for path in all {
        let words = words(&structure(&fs::read_to_string(&path).unwrap()));
        assert!(words.is_empty(), "{}: {words:?}", path.display());
    }
}

#[test]
fn nothing_goes_around_escaping() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for path in templates(&folder) {
        // the one script is a file of ours, named by its content
        let script = "<script type=\"module\" src=\"{{ script }}\"></script>";
        let source = fs::read_to_string(&path).unwrap().replace(script, "");
        for way in ["|safe", "| safe", "escape(\"none\")", " style=", "<script"] {
            assert!(!source.contains(way), "{}: {way}", path.display());
        }
    }
}

#[test]
fn the_check_sees_a_word() {
    assert_eq!(words(&structure("<p>{{ t.a }} now</p><a title=\"b\">{# c #}</a>")), [" now", "b"]);
}
