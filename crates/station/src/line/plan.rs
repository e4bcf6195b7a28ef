//! Which units a run is for: serial numbers from a prefix and a count, or from a file.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What serial numbers begin with.
    pub prefix: String,
    /// The first of them.
    pub first: u64,
    /// How many.
    pub count: Option<usize>,
    /// A file of serial numbers instead, one a line.
    pub serials: Option<PathBuf>,
}

/// PrintableString of 1 to 64 characters, as the platform takes it.
fn fits(serial: &str) -> bool {
    let printable = |b: u8| b.is_ascii_alphanumeric() || b"'()+,-./:=?".contains(&b);
    (1..=64).contains(&serial.len()) && serial.bytes().all(printable)
}

impl Plan {
    /// The serial numbers, each once.
    pub fn serials(&self) -> Result<Vec<String>, String> {
        let serials = match &self.serials {
            None => self.counted()?,
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
                self.listed(&text).map_err(|e| format!("{}: {e}", file.display()))?
            }
        };
        let mut seen = BTreeSet::new();
        for serial in &serials {
            if !fits(serial) {
                return Err(format!(
                    "the serial number {serial:?} has not 1 to 64 of the letters and digits A-Z a-z 0-9 and ' ( ) + , - . / : = ?"
                ));
            }
            if !seen.insert(serial) {
                return Err(format!("the serial number {serial} is there twice; a unit has one of its own"));
            }
        }
        Ok(serials)
    }

    fn counted(&self) -> Result<Vec<String>, String> {
        let count = self.count.ok_or("give --count, or --serials FILE")? as u64;
        let end = self.first.checked_add(count).ok_or("--first and --count are too large")?;
        Ok((self.first..end).map(|n| format!("{}{n:06}", self.prefix)).collect())
    }

    fn listed(&self, text: &str) -> Result<Vec<String>, String> {
        let mut all: Vec<String> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| format!("{}{line}", self.prefix))
            .collect();
        match self.count {
            Some(count) if count > all.len() => {
                Err(format!("it has {} serial numbers, --count asks for {count}", all.len()))
            }
            count => {
                all.truncate(count.unwrap_or(all.len()));
                Ok(all)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(count: Option<usize>) -> Plan {
        Plan { prefix: "C-".into(), first: 9, count, serials: None }
    }

    #[test]
    fn counted_serials_go_on_from_the_first() {
        assert_eq!(plan(Some(2)).serials().unwrap(), ["C-000009", "C-000010"]);
        assert!(plan(None).serials().unwrap_err().contains("--count"));
        assert!(Plan { first: u64::MAX, ..plan(Some(2)) }.serials().is_err());
        assert!(Plan { prefix: "日".into(), ..plan(Some(1)) }.serials().is_err());
    }

    #[test]
    fn listed_serials_are_taken_in_order_and_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let with = |text: &str, count| {
            std::fs::write(file.path(), text).unwrap();
            Plan { prefix: String::new(), serials: Some(file.path().to_owned()), ..plan(count) }.serials()
        };
        assert_eq!(with(" A/1 \n\nB:2\r\n", None).unwrap(), ["A/1", "B:2"]);
        assert_eq!(with("A\nB\nC\n", Some(2)).unwrap(), ["A", "B"]);
        assert!(with("A\nB\nC\n", Some(4)).unwrap_err().contains("has 3"));
        assert!(with("A\nB\nA\n", None).unwrap_err().contains("twice"));
        assert!(with("A_1\n", None).unwrap_err().contains("A_1"));
    }
}
