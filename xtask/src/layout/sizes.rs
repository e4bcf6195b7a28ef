//! Sizes of files and functions: limits, and the numbers of the report.

use super::exception::Exceptions;
use super::scan::{Function, Source, scan};
use crate::run;
use std::fs;
use std::path::Path;

const FILE: usize = 600;
const FILE_P95: usize = 400;
const FUNCTION: usize = 70;
const HANDLER: usize = 25;
/// Of handlers; clippy's `too_many_arguments` holds all other functions to the same number.
const HANDLER_ARGUMENTS: usize = 5;

/// Where our sources lie.
const ROOTS: [&str; 4] = ["crates", "bench", "xtask", "fuzz"];
/// Where axum's handlers live.
const EDGES: [&str; 3] = ["crates/api/src/", "crates/protocol/src/", "crates/web/src/"];

/// A file of ours: its path from the top folder and what it holds.
pub type File = (String, Source);

/// Reads all Rust files of the repository, by path.
pub fn files() -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    for folder in ROOTS.map(|name| run::root().join(name)) {
        if folder.exists() {
            walk(&folder, &mut files)?;
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<File>) -> Result<(), String> {
    let cannot = |why| format!("could not read {}: {why}", folder.display());
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, files)?;
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).map_err(|why| format!("could not read {}: {why}", path.display()))?;
            let path = path.strip_prefix(run::root()).unwrap_or(&path).to_string_lossy().into_owned();
            let source = scan(&text, is_test(&path));
            files.push((path, source));
        }
    }
    Ok(())
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.split('/').any(|part| part == "tests")
}

/// What is wrong with the sizes and the opening comments.
pub fn faults(files: &[File], exceptions: &mut Exceptions) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, source) in files {
        if !source.is_introduced {
            faults.push(format!("{path}:1: does not open with //!"));
        }
        if source.lines > FILE && !exceptions.allow(path, source.lines) {
            faults.push(format!("{path}: {} lines without tests, {FILE} allowed", source.lines));
        }
        faults.extend(source.functions.iter().filter_map(|function| function_fault(path, function, exceptions)));
    }
    let p95 = percentile(&lines(files), 95);
    if p95 > FILE_P95 {
        faults.push(format!("95th percentile of files is {p95} lines, {FILE_P95} allowed"));
    }
    faults
}

fn function_fault(path: &str, function: &Function, exceptions: &mut Exceptions) -> Option<String> {
    let Function { name, line, lines, arguments, .. } = function;
    let is_handler = is_handler(path, function);
    let (kind, limit) = if is_handler { ("handler", HANDLER) } else { ("function", FUNCTION) };
    if *lines > limit && !exceptions.allow(&format!("{path}:{name}"), *lines) {
        return Some(format!("{path}:{line}: {kind} {name} has {lines} lines, {limit} allowed"));
    }
    (is_handler && *arguments > HANDLER_ARGUMENTS)
        .then(|| format!("{path}:{line}: handler {name} takes {arguments} arguments, {HANDLER_ARGUMENTS} allowed"))
}

fn is_handler(path: &str, function: &Function) -> bool {
    function.is_handler && EDGES.iter().any(|edge| path.starts_with(edge))
}

/// The numbers, for people.
pub fn report(files: &[File]) -> String {
    let functions = || files.iter().flat_map(|(path, source)| source.functions.iter().map(move |f| (path, f)));
    let of = |path: &str, function: &Function| (format!("{path}:{}", function.name), function.lines);
    let tests: usize = files.iter().map(|(_, source)| source.test_lines).sum();
    let parts = [
        line("files", files.iter().filter(|(_, s)| s.lines > 0).map(|(path, s)| (path.clone(), s.lines)).collect()),
        format!("lines: {} and {tests} of tests\n", lines(files).iter().sum::<usize>()),
        line("functions", functions().map(|(path, function)| of(path, function)).collect()),
        line("handlers", functions().filter(|(p, f)| is_handler(p, f)).map(|(p, f)| of(p, f)).collect()),
    ];
    parts.concat()
}

fn line(what: &str, mut sized: Vec<(String, usize)>) -> String {
    if sized.is_empty() {
        return format!("{what}: none\n");
    }
    sized.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
    let sizes: Vec<usize> = sized.iter().map(|(_, lines)| *lines).collect();
    let largest: Vec<String> = sized.iter().take(3).map(|(name, lines)| format!("{lines} {name}")).collect();
    let (median, p95) = (percentile(&sizes, 50), percentile(&sizes, 95));
    format!("{what}: {}, median {median}, p95 {p95}, largest {}\n", sizes.len(), largest.join(", "))
}

/// Lines of every file that is not all test.
fn lines(files: &[File]) -> Vec<usize> {
    files.iter().map(|(_, source)| source.lines).filter(|&lines| lines > 0).collect()
}

/// By nearest rank; 0 for nothing.
fn percentile(sizes: &[usize], percent: usize) -> usize {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100);
    rank.checked_sub(1).map_or(0, |at| sorted[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        (path.into(), scan(text, is_test(path)))
    }

    fn check(file: File, expect: &[&str]) {
        let faults = faults(&[file], &mut Exceptions::default());
        assert_eq!(faults.len(), expect.len(), "{faults:?}");
        for (fault, words) in faults.iter().zip(expect) {
            assert!(fault.contains(words), "{fault}");
        }
    }

    #[test]
    fn sizes_are_held() {
        let body = "let x = 1;\n".repeat(69);
        check(file("crates/a/src/b.rs", &format!("//! A.\nfn a() {{\n{body}}}\n")), &["function a has 71 lines"]);
        check(file("crates/a/src/b.rs", "fn a() {}\n"), &["does not open"]);
        let long = format!("//! A.\n{}", "// b\n".repeat(600));
        check(file("crates/a/src/b.rs", &long), &["601 lines", "95th percentile"]);
        check(file("crates/a/src/b_tests.rs", &long), &[]);
        check(file("crates/a/tests/b.rs", &long), &[]);
    }

    #[test]
    fn handlers_are_held_to_less() {
        let body = "x();\n".repeat(24);
        let long = format!("//! A.\nasync fn a(cx: State<Cx>) {{\n{body}}}\n");
        check(file("crates/api/src/device/read.rs", &long), &["handler a has 26 lines"]);
        check(file("crates/usecase/src/device/read.rs", &long), &[]);
        let wide = "//! A.\nasync fn a(a: State<Cx>, b: B, c: C, d: D, e: E, f: F) {}\n";
        check(file("crates/web/src/device.rs", wide), &["takes 6 arguments"]);
    }

    #[test]
    fn percentiles_are_ranks() {
        assert_eq!(percentile(&[], 95), 0);
        assert_eq!(percentile(&[7], 50), 7);
        assert_eq!(percentile(&[4, 1, 3, 2], 50), 2);
        assert_eq!(percentile(&(1..=100).collect::<Vec<_>>(), 95), 95);
    }
}
