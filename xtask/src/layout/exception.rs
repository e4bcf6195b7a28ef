//! What may be larger than the rule, for now: `xtask/layout-exceptions.txt`, which may only shrink.

/// A file, or a function as `PATH:NAME`, and the lines that it may have.
#[derive(Debug)]
struct Exception {
    line: usize,
    what: String,
    allowed: usize,
    /// The size of what it was asked for, if it was.
    needed_by: Option<usize>,
}

/// The list.
#[derive(Debug, Default)]
pub struct Exceptions(Vec<Exception>);

impl Exceptions {
    /// Reads the list; `Err` tells the line that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut list = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let entry = line.split('#').next().unwrap_or_default().trim();
            if entry.is_empty() {
                continue;
            }
            let read = entry.rsplit_once(' ').and_then(|(what, lines)| Some((what.trim(), lines.parse().ok()?)));
            let (what, allowed) =
                read.ok_or_else(|| format!("layout-exceptions.txt:{}: expected WHAT LINES", at + 1))?;
            list.push(Exception { line: at + 1, what: what.into(), allowed, needed_by: None });
        }
        Ok(Exceptions(list))
    }

    /// Whether something over its limit is excepted at that size.
    pub fn allow(&mut self, what: &str, lines: usize) -> bool {
        let Some(exception) = self.0.iter_mut().find(|exception| exception.what == what) else { return false };
        exception.needed_by = exception.needed_by.max(Some(lines));
        lines <= exception.allowed
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// What the list allows beyond need.
    pub fn faults(&self) -> Vec<String> {
        let fault = |exception: &Exception| {
            let Exception { line, what, allowed, needed_by } = exception;
            match needed_by {
                None => Some(format!("layout-exceptions.txt:{line}: {what} is no longer needed: take it out")),
                Some(lines) if lines < allowed => {
                    Some(format!("layout-exceptions.txt:{line}: {what} has {lines} lines now: write that"))
                }
                Some(_) => None,
            }
        };
        self.0.iter().filter_map(fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_may_only_shrink() {
        let mut list = Exceptions::parse("# why\na.rs 650\na.rs:f 90 # reason\n\nb.rs 700\nc.rs 800\n").unwrap();
        assert_eq!(list.count(), 4);
        assert!(list.allow("a.rs", 650));
        assert!(!list.allow("a.rs:f", 91));
        assert!(list.allow("b.rs", 610));
        assert!(!list.allow("d.rs", 601));
        let faults = list.faults();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("b.rs has 610"));
        assert!(faults[1].contains("c.rs is no longer needed"));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        assert!(Exceptions::parse("a.rs many").unwrap_err().contains(":1:"));
        assert!(Exceptions::parse("\na.rs").unwrap_err().contains(":2:"));
    }
}
