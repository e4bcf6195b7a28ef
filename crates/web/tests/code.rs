//! No text stands in the code of this crate: what a person reads comes from the catalogues.
//!
//! A small reader of Rust finds the string literals outside tests and comments. One that looks like words, or has a
//! letter beyond ASCII, is refused unless it stands in [`NO_TEXT`] with its reason.

use std::fs;
use std::path::{Path, PathBuf};

/// Literals that look like words and are none: the file, how the literal begins, why.
const NO_TEXT: [(&str, &str, &str); 13] = [
    ("page/batch/one.rs", "tegata-station make", COMMAND),
    ("page/device.rs", "tegata verify", COMMAND),
    ("page/ledger/heads.rs", "curl -s", COMMAND),
    ("page/release/mod.rs", "tegata release manifest", COMMAND),
    ("page/console/overview.rs", "line present", CLASSES),
    ("page/console/overview.rs", "line first", CLASSES),
    ("page/operation/plot.rs", "line present", CLASSES),
    ("guide/markdown.rs", "<div class", MARKUP),
    ("guide/markdown.rs", "<span class", MARKUP),
    ("page/frame.rs", "<use href", MARKUP),
    ("sentence.rs", "<time datetime", MARKUP),
    ("sentence.rs", "<a href", MARKUP),
    ("sentence.rs", "\\\" rel=", MARKUP),
];
const COMMAND: &str = "a command to be typed is the same in every language";
const CLASSES: &str = "names of classes in the style sheet";
const MARKUP: &str = "tags and attributes";

/// Where a literal is read by nobody but programmers: what stands before it.
const FOR_PROGRAMMERS: [&str; 5] = [".expect(", "reason=", "Error::internal(", "tracing::warn!(", "tracing::info!("];

/// A string literal, and the code before it without blanks, as far as it tells what the literal is for.
#[derive(Debug, PartialEq)]
struct Literal {
    before: String,
    text: String,
}

/// Reads the literals of a source, without comments and without what is compiled for tests alone.
struct Reader<'a> {
    rest: &'a str,
    before: String,
    found: Vec<Literal>,
}

impl<'a> Reader<'a> {
    fn read(source: &'a str) -> Vec<Literal> {
        let mut reader = Reader { rest: source, before: String::new(), found: Vec::new() };
        while !reader.rest.is_empty() {
            reader.step();
        }
        reader.found
    }

    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") {
            self.rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            self.rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else if let Some(after) = rest.strip_prefix("#[cfg(test)]") {
            self.rest = after_item(after);
        } else if let Some(raw) = raw_start(rest).filter(|_| !self.before.ends_with(char::is_alphanumeric)) {
            let end = format!("\"{}", "#".repeat(raw.1));
            let text = rest[raw.0..].split(&*end).next().expect("a split has a first part");
            self.literal(text, raw.0 + text.len() + end.len());
        } else if rest.starts_with('"') {
            let end = string_end(rest);
            self.literal(&rest[1..end - 1], end);
        } else if let Some(len) = char_len(rest) {
            self.rest = &rest[len..];
        } else {
            let next = rest.chars().next().expect("the reader ends where nothing is left");
            if !next.is_whitespace() {
                self.before.push(next);
            }
            self.rest = &rest[next.len_utf8()..];
        }
    }

    fn literal(&mut self, text: &str, len: usize) {
        let before = self.before.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
        self.found.push(Literal { before, text: text.to_owned() });
        self.before.push('"');
        self.rest = &self.rest[len..];
    }
}

/// Where the text of a raw string begins, and how many `#` close it.
fn raw_start(rest: &str) -> Option<(usize, usize)> {
    let marks = rest.strip_prefix("r")?;
    let count = marks.len() - marks.trim_start_matches('#').len();
    marks[count..].starts_with('"').then_some((count + 2, count))
}

/// The length of the string at the beginning, with both its quotes.
fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the character literal at the beginning; a lifetime is none.
fn char_len(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if inner.starts_with('\\') {
        return inner[2..].find('\'').map(|end| end + 4);
    }
    let first = inner.chars().next()?.len_utf8();
    inner[first..].starts_with('\'').then_some(first + 2)
}

/// What follows the item at the beginning: its braces, or its semicolon.
fn after_item(source: &str) -> &str {
    let mut depth = 0;
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        let len = match next {
            '"' => string_end(rest),
            '\'' => char_len(rest).unwrap_or(1),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ => next.len_utf8(),
        };
        match next {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        rest = &rest[len..];
        if depth == 0 && matches!(next, '}' | ';') {
            return rest;
        }
    }
    ""
}

/// Whether a person would read it: two words side by side, or letters of another script.
fn is_text(literal: &str) -> bool {
    // what stands in for a value, and the marks of markup, are no words
    let shown = literal.replace("\\n", "\n").replace("\\\"", "\"");
    let letters: Vec<char> = shown.chars().collect();
    let words = letters.windows(3).any(|w| w[0].is_alphabetic() && w[1] == ' ' && w[2].is_alphabetic());
    words || shown.chars().any(|c| c.is_alphabetic() && !c.is_ascii())
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder of sources") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => sources(&path, out),
            false if path.extension().is_some_and(|end| end == "rs") => out.push(path),
            false => {}
        }
    }
}

#[test]
fn no_text_stands_in_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    sources(&folder, &mut all);
    all.retain(|path| !path.to_str().unwrap().ends_with("_tests.rs"));
    assert!(all.len() > 60, "{}", all.len());
    let (mut texts, mut used) = (Vec::new(), vec![false; NO_TEXT.len()]);
    for path in &all {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        for literal in Reader::read(&fs::read_to_string(path).unwrap()) {
            if !is_text(&literal.text) || FOR_PROGRAMMERS.iter().any(|way| literal.before.ends_with(way)) {
                continue;
            }
            let known = NO_TEXT.iter().position(|(file, begin, _)| *file == name && literal.text.starts_with(begin));
            match known {
                Some(known) => used[known] = true,
                None => texts.push(format!("{name}: {:?}", literal.text)),
            }
        }
    }
    assert!(texts.is_empty(), "texts belong into the catalogues:\n{}", texts.join("\n"));
    let unused: Vec<_> = NO_TEXT.iter().zip(&used).filter(|(_, used)| !**used).collect();
    assert!(unused.is_empty(), "{unused:?} are no more");
}

#[test]
fn the_reader_sees_what_it_must() {
    let source = r##"
        // "a comment here"
        /* "another one here" */
        const A: &str = "plain words";
        const B: char = '"';
        fn f<'a>(x: &'a str) -> &'a str { x.expect("told to programmers"); "手形" }
        let c = r#"raw "words" here"#;
        #[cfg(test)]
        mod tests { const D: &str = "only { in tests"; }
        let e = "escaped \" quote";
    "##;
    let read: Vec<_> = Reader::read(source).into_iter().map(|one| one.text).collect();
    assert_eq!(read, ["plain words", "told to programmers", "手形", "raw \"words\" here", "escaped \\\" quote"]);
    assert!(is_text("two words") && is_text("手形") && is_text("Größe"));
    assert!(!is_text("word") && !is_text("{a} {b}") && !is_text("no-store") && !is_text("a, b"));
}
