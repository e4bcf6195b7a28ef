//! No query may scan what grows: the plan of a statement, judged.
//!
//! Why here: all SQL stands in this crate, and the tests below take every text from its sources, whether another test
//! runs it or not. Plans rest on the schema alone, since nothing here runs `analyze`: an empty store shows them.

use crate::engine::{Connection, NONE};
use crate::error::Error;

/// Tables that stay small, whatever the platform holds. Everything else grows.
const SMALL: [(&str, &str); 5] = [
    ("tegata_schema", "one row"),
    ("meta", "a few words of the store itself"),
    ("counter", "one row a kind of row"),
    ("secret", "a few keys with their versions"),
    ("log", "two"),
];

/// What may be read whole, or sorted, all the same: part of the statement, the name in its plan, and why.
const ALLOWED: [(&str, &str, &str); 8] = [
    ("from crl where stale = 1 or next_update", "crl", "lists grow with organisations, not with devices"),
    ("settled = 0 or state =", "campaign", "operators' watch: each campaign is a person's work; the limit bounds it"),
    ("from (select cast($1 as bigint) as device) d", "d", "one row, made of the question"),
    ("epoch = epoch + 1, issued = 0, branches = $1", "session", "once, in a store that was restored"),
    ("next_update end) from crl", "crl", "operators' watch: lists grow with organisations, not with devices"),
    ("limit $1) f group by level", "GROUP BY", "operators' watch: the limit bounds it"),
    ("full join (select organisation", "GROUP BY", "the recount of doctor: a thousand organisations at a time"),
    ("limit $1) c", "GROUP BY", "operators' watch: the limit bounds it"),
];

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !letter(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The table behind a name in a plan: plans show the other name where a statement gives one.
fn table(text: &str, name: &str) -> String {
    let words = words(text);
    let named = words.windows(3).find(|w| ["from", "join"].contains(&&*w[0]) && w[2] == name && w[1] != "select");
    named.map_or_else(|| name.to_owned(), |w| w[1].clone())
}

/// What is wrong with the plan of a statement; nothing where all is well.
pub(crate) fn faults(c: &Connection, text: &str) -> Result<Vec<String>, Error> {
    match c {
        Connection::Sqlite(c) => Ok(faults_of_sqlite(c, text)?),
        Connection::Postgres(_) => faults_of_postgres(c, text),
    }
}

fn faults_of_sqlite(c: &rusqlite::Connection, text: &str) -> rusqlite::Result<Vec<String>> {
    let own = text.replace('$', "?");
    let mut plan = c.prepare(&format!("explain query plan {own}"))?;
    let unbound = plan.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>()?;
    let limited = words(text).iter().any(|word| word == "limit");
    let fault = |line: &String| {
        let name = line.strip_prefix("SCAN ")?.split(' ').next()?;
        // in the order of an index, and no further than the limit
        let well = may_be_read(text, name) || line.contains("CONSTANT ROW") || limited;
        (!well).then(|| format!("{line} (table {})", table(text, name)))
    };
    let sort = |line: &&String| {
        let what = line.strip_prefix("USE TEMP B-TREE FOR ");
        what.is_some_and(|what| !may_be_read(text, what))
    };
    let sorts = unbound.iter().filter(sort).cloned();
    Ok(unbound.iter().filter_map(fault).chain(sorts).collect())
}

/// Whether what a plan calls `name` may be read whole.
fn may_be_read(text: &str, name: &str) -> bool {
    let table = table(text, name);
    SMALL.iter().any(|(small, _)| *small == table)
        || ALLOWED.iter().any(|(part, allowed, _)| *allowed == name && text.contains(part))
}

/// The plan for any values, where reading a table whole is the last choice: it stands there where no index serves.
fn faults_of_postgres(c: &Connection, text: &str) -> Result<Vec<String>, Error> {
    c.run("set enable_seqscan = off; set plan_cache_mode = force_generic_plan")?;
    c.run(&format!("prepare judged as {text}"))?;
    let last = (1..50).rev().find(|number| text.contains(&format!("${number}"))).unwrap_or(0);
    let values = vec!["null"; last].join(", ");
    let question =
        if last == 0 { "explain execute judged".to_owned() } else { format!("explain execute judged({values})") };
    let plan = c.all(&question, NONE, |row| Ok(row.get::<&str>(0)?.to_owned()));
    c.run("deallocate judged")?;
    let plan = plan?;
    let fault = |line: &String| {
        let (_, rest) = line.split_once("Seq Scan on ")?;
        // "name" or "name other-name"
        let mut names = rest.split("  ").next()?.split(' ');
        let (table, name) = (names.next()?, names.next());
        let well = may_be_read(text, table) || name.is_some_and(|name| may_be_read(text, name));
        (!well).then(|| line.trim().to_owned())
    };
    Ok(plan.iter().filter_map(fault).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// What stands for the parts of texts that are put together at run time: the values that each may have.
    const PARTS: [(&str, &[&str]); 13] = [
        ("({places})", &["($1, $2)"]),
        ("{whose}", &["owner", "maker"]),
        ("{only}", &["1 = 1", "owner <> maker"]),
        ("{side}", &["0", "1"]),
        ("{stopped}", &["4"]),
        ("{before}", &["offered"]),
        ("{after}", &["done"]),
        ("{counters}", &["offered, done"]),
        ("{relation}", &["maker", "owner"]),
        ("{reach}", &["owner = $1 and product = $2 and owner <> maker", "maker = $1 and $2 = $2"]),
        ("{state}", &["", "and closed_at is null", "and closed_at is not null"]),
        ("{text}", &["delete from seen where device = $1"]),
        (
            "{}, t.idx from leaf t {}",
            &[
                "f.leaf, t.idx from leaf t join fact f on f.id = t.item",
                "f.commitment, t.idx from leaf t join event f on f.device = t.item and f.sequence = t.sequence",
            ],
        ),
    ];

    /// Copies are read as a whole, which is what they are for; and this file.
    const WHOLE: [&str; 4] = ["plan.rs", "snapshot.rs", "increment.rs", "carry.rs"];

    /// Words of PostgreSQL alone: how nodes share it.
    const POSTGRES: [&str; 7] =
        ["clock_timestamp", "pg_notify", "pg_locks", "tegata_schema", "information_schema", "for share", "for update"];

    /// Texts of SQL in the sources, with where they stand. Constants are put in, other parts come from `PARTS`.
    fn texts() -> Vec<(String, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            if entry.is_dir() || WHOLE.contains(&&*name) {
                continue;
            }
            let source = std::fs::read_to_string(&entry).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            let constants: Vec<(String, String)> = source
                .match_indices("const ")
                .filter_map(|(at, _)| source[at + 6..].split_once(": &str ="))
                .filter(|(name, _)| name.len() < 40)
                .map(|(name, rest)| (format!("{{{name}}}"), literals(rest).into_iter().next().unwrap_or_default()))
                .collect();
            for text in literals(source) {
                let text = constants.iter().fold(text, |text, (part, value)| text.replace(part, value));
                found.extend(alternatives(text).into_iter().filter(|t| is_sql(t)).map(|text| (name.clone(), text)));
            }
        }
        found
    }

    /// The text with each of the values that its parts may have.
    fn alternatives(text: String) -> Vec<String> {
        PARTS.iter().fold(vec![text], |texts, (part, values)| {
            let each = |text: String| match text.contains(part) {
                true => values.iter().map(|value| text.replace(part, value)).collect(),
                false => vec![text],
            };
            texts.into_iter().flat_map(each).collect()
        })
    }

    fn is_sql(text: &str) -> bool {
        let words = words(text);
        let verb = words.first().is_some_and(|w| ["select", "insert", "update", "delete", "with"].contains(&&**w));
        verb && words.len() > 3
    }

    fn literals(source: &str) -> Vec<String> {
        let (mut found, mut rest) = (Vec::new(), source);
        while let Some(start) = rest.find('"') {
            let mut text = String::new();
            let mut letters = rest[start + 1..].char_indices();
            let mut end = rest.len();
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '"' => {
                        end = start + 2 + at;
                        break;
                    }
                    '\\' => text.extend(letters.next().map(|(_, escaped)| escaped)),
                    letter => text.push(letter),
                }
            }
            found.push(text);
            rest = &rest[end.min(rest.len())..];
        }
        found
    }

    fn store() -> (tempfile::TempDir, crate::Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = match tegata_testkit::postgres::chosen() {
            None => crate::Store::open(folder.path(), crate::Mode::Create),
            Some(url) => {
                let database = crate::Database::at(url);
                crate::Store::connect(folder.path(), &database, crate::Mode::Create, "plans".to_owned())
            }
        };
        (folder, store.unwrap())
    }

    #[test]
    fn no_text_in_the_sources_scans() {
        let (_folder, store) = store();
        let all = tegata_testkit::postgres::is_chosen();
        let mut texts = texts();
        texts.retain(|(_, text)| all || !POSTGRES.iter().any(|word| text.contains(word)));
        assert!(texts.len() > 100, "{}", texts.len());
        let judge = |(file, text): &(String, String)| match store.read(|c| faults(c, text)) {
            Ok(faults) if faults.is_empty() => None,
            other => Some(format!("{file}: {text}\n    {other:?}")),
        };
        let wrong: Vec<String> = texts.iter().filter_map(judge).collect();
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
    }

    #[test]
    fn a_scan_is_seen() {
        let (_folder, store) = store();
        // plans of PostgreSQL say which tables are read whole; sorts, and indexes that are, SQLite's say
        let sqlite = !tegata_testkit::postgres::is_chosen();
        for (text, wrong) in [
            ("select id from device where stage = $1", true),
            ("select d.id from certificate c join device d on d.id = c.device", sqlite),
            ("select id from device where maker = $1 order by stage", sqlite),
            ("select max(id) from device", false),
            ("select id from device where maker = $1 order by id", false),
            ("select name from meta where value = $1", false),
        ] {
            let faults = store.read(|c| faults(c, text)).unwrap();
            assert_eq!(!faults.is_empty(), wrong, "{text}: {faults:?}");
        }
    }
}
