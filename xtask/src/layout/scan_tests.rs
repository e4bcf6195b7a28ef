//! The scanner on code that is hard to read by counting braces.

use super::*;

/// Name, line, lines and arguments of each function.
fn check(text: &str, expect: &[(&str, usize, usize, usize)]) {
    let found = scan(text, false).functions;
    let found: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.lines, f.arguments)).collect();
    assert_eq!(found, expect, "{text}");
}

#[test]
fn functions_are_found_and_measured() {
    check("fn a() {}", &[("a", 1, 1, 0)]);
    check("\npub(crate) const unsafe fn a(\n    x: u8,\n    y: u8,\n) -> u8 {\n    x\n}\n", &[("a", 2, 6, 2)]);
    check("impl X { fn a(&self) { fn b() {\n} } }", &[("a", 1, 2, 1), ("b", 1, 2, 0)]);
    check("fn r#type() {}", &[("type", 1, 1, 0)]);
}

#[test]
fn braces_that_are_no_code_do_not_count() {
    check("fn a() {\n let s = \"}\"; // }\n let c = '}';\n /* } */ }\nfn b() {}", &[("a", 1, 4, 0), ("b", 5, 1, 0)]);
    check("fn a<'x>(s: &'x str) {\n r#\"}\"#;\n}", &[("a", 1, 3, 1)]);
    check("// fn a() {}\n/// fn b() {}\nconst S: &str = \"fn c() {}\";", &[]);
}

#[test]
fn signatures_are_read() {
    check("fn a<F: Fn(u8, u8) -> u8>(f: F, g: Map<K, V>) -> impl Fn() -> u8 {}", &[("a", 1, 1, 2)]);
    check("fn a<T>((x, y): (u8, u8), z: [u8; 4]) -> [u8; 2] where T: Into<[u8; 2]> {}", &[("a", 1, 1, 2)]);
    check("fn a(f: fn(u8, u8) -> u8, g: impl Fn(u8) -> u8,) {}", &[("a", 1, 1, 2)]);
}

#[test]
fn what_has_no_body_is_none() {
    check("trait T { fn a(&self) -> [u8; 2]; }\ntype F = fn(u8) -> u8;\nstruct S { fn_: u8 }", &[]);
    check("macro_rules! m { ($n:ident) => { fn $n() {} } }", &[]);
    check("extern \"C\" { fn a(); }", &[]);
    check("fn broken(", &[]);
    check("fn broken() {", &[]);
}

#[test]
fn handlers_are_async_and_take_extractors() {
    let handler = |text: &str| scan(text, false).functions[0].is_handler;
    assert!(handler("async fn renew(cx: State<Cx>, peer: Peer, body: Bytes) -> Reply {}"));
    assert!(handler("pub async fn show(Path(number): Path<Number>) {}"));
    assert!(!handler("fn show(Path(number): Path<Number>) {}"));
    assert!(!handler("async fn helper(text: &str) {}"));
}

#[test]
fn tests_do_not_count_as_lines() {
    let lines = |text: &str| {
        let source = scan(text, false);
        (source.lines, source.test_lines)
    };
    assert_eq!(lines("fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n"), (2, 4));
    assert_eq!(lines("#[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod tests;\nfn a() {}\n"), (1, 3));
    assert_eq!(lines("#[cfg(test)]\nuse x::{a, b};\nfn a() {}\n"), (1, 2));
    assert_eq!(lines("#[cfg(test)]\nmod a {\n#[cfg(test)]\nfn b() {}\n}\n"), (0, 5));
    assert_eq!(lines("#[cfg(all(test, unix))]\nfn a() {}\nfn b() {}\n#[cfg(test)]\nfn c() {}\n"), (1, 4));
    assert_eq!(lines("// #[cfg(test)]\nfn a() {}\n"), (2, 0));
    assert_eq!(lines("//! a\n#![cfg(test)]\nfn a() {}\n"), (0, 3));
    assert_eq!(scan("fn a() {}\n", true).test_lines, 1);
}

#[test]
fn files_open_with_what_they_are() {
    assert!(scan("//! What.\n", false).is_introduced);
    for text in ["", "// What.\n", "/// What.\n", "\n//! What.\n", "use x;\n//! What.\n"] {
        assert!(!scan(text, false).is_introduced, "{text}");
    }
}
