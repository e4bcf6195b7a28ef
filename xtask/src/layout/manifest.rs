//! Manifests: every crate inherits our lints, every foreign package has a reason.

/// Whether a crate's manifest takes over `[workspace.lints]`.
pub fn inherits_lints(manifest: &str) -> bool {
    lines_of(manifest, "[lints]").any(|(_, line)| code(line).replace(' ', "") == "workspace=true")
        || manifest.lines().any(|line| code(line).replace(' ', "") == "lints.workspace=true")
}

/// Names of the foreign packages in `[workspace.dependencies]` of the root manifest, and what is wrong with them.
pub fn packages(manifest: &str) -> (Vec<&str>, Vec<String>) {
    let all: Vec<&str> = manifest.lines().collect();
    let mut names = Vec::new();
    let mut faults = Vec::new();
    for (at, line) in lines_of(manifest, "[workspace.dependencies]") {
        let Some((name, value)) = code(line).split_once('=') else { continue };
        if value.contains("path =") || value.contains("path=") {
            continue;
        }
        names.push(name.trim());
        if !has_reason(&all, at) {
            faults.push(format!("Cargo.toml:{}: no reason for {} on its line or the one above", at + 1, name.trim()));
        }
    }
    (names, faults)
}

/// A comment on the line or the one above; but one that follows an empty line is a heading, not a reason.
fn has_reason(all: &[&str], at: usize) -> bool {
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let above = |by: usize| at.checked_sub(by).map_or("", |at| all[at]);
    let is_heading = above(2).trim().is_empty() || above(2).starts_with('[');
    let on_line = all[at].len() > code(all[at]).len() && !all[at].trim_end().ends_with('#');
    on_line || (is_comment(above(1)) && !is_heading)
}

/// The numbered lines of a table, from 0.
fn lines_of<'a>(manifest: &'a str, table: &str) -> impl Iterator<Item = (usize, &'a str)> {
    let lines = manifest.lines().enumerate();
    lines.skip_while(move |(_, line)| code(line).trim() != table).skip(1).take_while(|(_, line)| !line.starts_with('['))
}

/// A line of TOML without its comment.
fn code(line: &str) -> &str {
    let mut in_string = false;
    let end = line.find(|c| {
        in_string ^= c == '"';
        c == '#' && !in_string
    });
    &line[..end.unwrap_or(line.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_are_inherited_in_two_ways() {
        assert!(inherits_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
        assert!(inherits_lints("lints.workspace = true # all of them\n"));
        assert!(!inherits_lints("[package]\nversion.workspace = true\n[dependencies]\nworkspace = true\n"));
        assert!(!inherits_lints("[lints]\n# workspace = true\n[x]\nworkspace = true\n"));
    }

    #[test]
    fn packages_have_reasons() {
        let manifest = "[workspace.dependencies]\n# ours\nours = { path = \"a\" }\n\n# heading\na = \"1\"\nb = \"1\" # why\n\
                        # why, above\nc = \"#1\"\nd = \"1#\"\ne = \"1\" #\n\n[other]\nf = \"1\"\n";
        let (names, faults) = packages(manifest);
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
        let without: Vec<_> = faults.iter().filter_map(|fault| fault.split(' ').nth(4)).collect();
        assert_eq!(without, ["a", "d", "e"]);
    }
}
