//! Rust text with its comments, strings and characters blanked out, so that braces can be counted.
//!
//! Invariant: the result has the same length and the same line ends as the text.

/// Blanks out what is not code.
pub fn mask(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let opaque = opaque(rest);
        let length = opaque.unwrap_or_else(|| word(rest).max(first.len_utf8()));
        let (head, tail) = rest.split_at(length);
        match opaque {
            None => code.push_str(head),
            Some(_) => code.extend(head.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' })),
        }
        rest = tail;
    }
    code
}

/// Length of the name, keyword or number that `rest` begins with; 0 for anything else. Words are taken whole, so that
/// the `r` of `for` begins no raw string.
pub fn word(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
}

/// Length of the comment, string or character that `rest` begins with.
fn opaque(rest: &str) -> Option<usize> {
    match rest.as_bytes() {
        [b'/', b'/', ..] => Some(rest.find('\n').unwrap_or(rest.len())),
        [b'/', b'*', ..] => Some(block_comment(rest)),
        [b'"', ..] => Some(closed(rest, b'"')),
        [b'\'', ..] => character(rest),
        [b'r' | b'b' | b'c', ..] => raw_string(rest),
        _ => None,
    }
}

/// They nest (Rust reference, Comments).
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => depth += 1,
            [b'*', b'/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// Length up to the closing `quote`, where a backslash escapes what follows it.
fn closed(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A character, unless the quote begins a lifetime or label.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    if chars.next()?.1 == '\\' {
        return Some(closed(rest, b'\''));
    }
    let (at, after) = chars.next()?;
    (after == '\'').then_some(at + 1)
}

/// `r"…"`, `r#"…"#` and their byte and C kin; `r#name` is none.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r"].into_iter().find(|prefix| rest.starts_with(prefix))?.len();
    let hashes = rest[prefix..].bytes().take_while(|&byte| byte == b'#').count();
    let opened = prefix + hashes + 1;
    if rest.as_bytes().get(opened - 1) != Some(&b'"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    Some(rest[opened..].find(&end).map_or(rest.len(), |at| opened + at + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blanks are written as dots here, so that they can be seen.
    fn check(text: &str, expect: &str) {
        let code = mask(text);
        assert_eq!(code.len(), text.len(), "{text}");
        assert_eq!(code.replace(' ', "."), expect.replace(' ', "."), "{text}");
    }

    #[test]
    fn what_is_not_code_is_blank() {
        check("a // {\nb", "a ....\nb");
        check("a /* { /* } */ { */ b", "a ................. b");
        check(r#"f("{\"{", x)"#, "f(......, x)");
        check("m('{', '\\'', '\\u{7b}', 'é')", "m(..., ...., ........, ....)");
        check(r##"x(r"\", r#"}"{"#, br"}")"##, "x(...., ........, .....)");
        check("b'{' c\"}\" b\"{\"", "b... c... b...");
    }

    #[test]
    fn what_looks_like_it_is_code() {
        for text in
            ["<'a, 'b>{}", "'outer: loop {}", "r#type {", "for x in br {}", "a / b * c", "&'static str", "\n{\n"]
        {
            check(text, text);
        }
        check("for\"{\"", "for...");
    }

    #[test]
    fn what_never_ends_reaches_the_end() {
        check("\"{\n", "..\n");
        check("/* {", "....");
        check("r#\"{\"", ".....");
        check("'\\", "..");
        check("'", "'");
    }

    #[test]
    fn lines_stay() {
        check("\"a\n}\" {\n", "..\n.. {\n");
    }
}
