//! One source file: its functions, the lines of its tests, its opening comment.
//!
//! A matcher of braces over masked text, not a parser: enough for sizes, and it needs no package.

use super::mask::{mask, word};
use std::ops::RangeInclusive;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Source {
    /// Lines outside tests.
    pub lines: usize,
    /// Lines of tests.
    pub test_lines: usize,
    /// Whether it opens with `//!`.
    pub is_introduced: bool,
    /// Its functions that have a body, in order.
    pub functions: Vec<Function>,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name, without a path.
    pub name: String,
    /// The line of the word `fn`, from 1.
    pub line: usize,
    /// Lines from there to its closing brace.
    pub lines: usize,
    /// How many arguments it takes, `self` among them.
    pub arguments: usize,
    /// Whether it is `async` and takes one of axum's extractors.
    pub is_handler: bool,
}

/// Extractors of axum that carry a type, and those that do not; one of them marks a handler.
const EXTRACTORS: [&str; 9] =
    ["State<", "Path<", "Query<", "Json<", "Form<", "Extension<", "ConnectInfo<", "MatchedPath", "OriginalUri"];

/// Reads a file; `is_test` when all of it is a test.
pub fn scan(text: &str, is_test: bool) -> Source {
    let code = mask(text);
    let all = text.lines().count();
    let of_tests = if is_test || code.contains("#![cfg(test)]") { all } else { test_lines(&code) };
    Source {
        lines: all - of_tests,
        test_lines: of_tests,
        is_introduced: text.starts_with("//!"),
        functions: functions(&code),
    }
}

fn functions(code: &str) -> Vec<Function> {
    let words = word_starts(code).filter(|&at| &code[at..at + word(&code[at..])] == "fn");
    words.filter_map(|at| function(code, at)).collect()
}

/// Where words begin.
fn word_starts(code: &str) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += code[at..].find(|c: char| c.is_alphanumeric() || c == '_')?;
        let start = at;
        at += word(&code[at..]);
        Some(start)
    })
}

/// The function whose `fn` stands at `start`; `None` for a type, a macro's pattern, or one without a body.
fn function(code: &str, start: usize) -> Option<Function> {
    let at = start + 2;
    let named = code[at..].trim_start();
    let named = named.strip_prefix("r#").unwrap_or(named);
    let name = &named[..word(named)];
    if name.is_empty() {
        return None;
    }
    let generics = code.len() - named.len() + name.len();
    let open = at_depth_zero(code, generics, &['('])?;
    let close = partner(code, open)?;
    let body = at_depth_zero(code, close + 1, &['{', ';'])?;
    if code.as_bytes()[body] == b';' {
        return None;
    }
    let end = partner(code, body)?;
    let arguments = &code[open + 1..close];
    let is_async = code[..start].trim_end().ends_with("async");
    Some(Function {
        name: name.into(),
        line: line(code, start),
        lines: line(code, end) - line(code, start) + 1,
        arguments: count(arguments),
        is_handler: is_async && EXTRACTORS.iter().any(|extractor| arguments.contains(extractor)),
    })
}

/// The first of `wanted` from `from` on that stands inside no brackets of any kind.
fn at_depth_zero(code: &str, from: usize, wanted: &[char]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in code[from..].char_indices() {
        if depth == 0 && wanted.contains(&c) {
            return Some(from + at);
        }
        depth = deeper(depth, before, c);
        before = c;
    }
    None
}

/// The bracket that closes the one at `open`.
fn partner(code: &str, open: usize) -> Option<usize> {
    let (opening, closing) = match code.as_bytes()[open] {
        b'(' => ('(', ')'),
        b'[' => ('[', ']'),
        _ => ('{', '}'),
    };
    let mut depth = 0_usize;
    for (at, c) in code[open..].char_indices() {
        if c == opening {
            depth += 1;
        } else if c == closing {
            depth -= 1;
        }
        if depth == 0 {
            return Some(open + at);
        }
    }
    None
}

/// Depth of brackets after `c` in a signature, where `<` and `>` are brackets too, unless an arrow ends in them.
fn deeper(depth: usize, before: char, c: char) -> usize {
    match c {
        '(' | '[' | '{' | '<' => depth + 1,
        '>' if matches!(before, '-' | '=') => depth,
        ')' | ']' | '}' | '>' => depth.saturating_sub(1),
        _ => depth,
    }
}

/// How many arguments stand between the parentheses of a signature.
fn count(arguments: &str) -> usize {
    let (mut depth, mut before, mut commas) = (0, ' ', 0);
    for c in arguments.trim().trim_end_matches(',').chars() {
        commas += usize::from(c == ',' && depth == 0);
        depth = deeper(depth, before, c);
        before = c;
    }
    if arguments.trim().is_empty() { 0 } else { commas + 1 }
}

/// How many lines belong to items under `#[cfg(test)]`.
fn test_lines(code: &str) -> usize {
    let attributes = ["#[cfg(test)]", "#[cfg(all(test"];
    let mut starts: Vec<usize> =
        attributes.iter().flat_map(|attribute| code.match_indices(attribute)).map(|(at, _)| at).collect();
    starts.sort_unstable();
    let (mut lines, mut past) = (0, 0);
    for range in starts.into_iter().filter_map(|at| item(code, at)) {
        if *range.start() > past {
            past = *range.end();
            lines += range.count();
        }
    }
    lines
}

/// The lines of the item whose first attribute stands at `start`, that attribute included.
fn item(code: &str, start: usize) -> Option<RangeInclusive<usize>> {
    let mut at = start;
    while code[at..].starts_with("#[") {
        let end = partner(code, at + 1)? + 1;
        at = end + (code[end..].len() - code[end..].trim_start().len());
    }
    let head = at_depth_zero(code, at, &['{', ';'])?;
    let end = if code.as_bytes()[head] == b';' { head } else { partner(code, head)? };
    Some(line(code, start)..=line(code, end))
}

/// The line of a place, from 1.
fn line(code: &str, at: usize) -> usize {
    code[..at].bytes().filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
