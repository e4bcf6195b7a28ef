//! The migrations of both engines make the same schema: read back from each engine's own catalogue, not from the texts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![allow(clippy::disallowed_methods, reason = "it reads the migrations from the source folder")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tegata_testkit::Postgres;

/// Tables of one engine, by name.
type Schema = BTreeMap<String, Table>;

#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// In their order.
    columns: Vec<Column>,
    /// The columns of the primary key, in its order.
    key: Vec<String>,
    indexes: BTreeSet<Index>,
    /// From a column to the key of a table.
    references: BTreeSet<(String, String)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: &'static str,
    required: bool,
    default: Option<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    /// `None`: of a `unique` beside a column or in the table.
    name: Option<String>,
    unique: bool,
    columns: Vec<String>,
    /// Which rows it holds, where not all.
    only: Option<String>,
}

fn folder(engine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/migrations").join(engine)
}

/// File names and texts, in order.
fn migrations(engine: &str) -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder(engine)).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let all: BTreeMap<String, String> =
        files.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect();
    all.into_iter().collect()
}

/// A condition without what engines write differently: case of words, brackets, casts, spaces.
fn plain(condition: &str) -> String {
    let bare = condition.to_lowercase().replace("::bigint", "").replace(['(', ')'], "");
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kind(engine: &str) -> &'static str {
    match engine.to_lowercase().as_str() {
        "integer" | "bigint" => "integer",
        "text" => "text",
        "blob" | "bytea" => "bytes",
        other => panic!("a column of type {other}"),
    }
}

mod sqlite {
    use super::*;
    use rusqlite::Connection;

    fn rows<T>(c: &Connection, text: &str, read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
        c.prepare(text).unwrap().query_map([], |row| read(row)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    pub fn schema() -> Schema {
        let c = Connection::open_in_memory().unwrap();
        migrations("sqlite").iter().for_each(|(_, text)| c.execute_batch(text).unwrap());
        let text = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
        rows(&c, text, |row| row.get::<_, String>(0)).into_iter().map(|name| (name.clone(), table(&c, &name))).collect()
    }

    fn table(c: &Connection, name: &str) -> Table {
        let text =
            format!("select name, type, \"notnull\", dflt_value, pk from pragma_table_info('{name}') order by cid");
        let columns = rows(c, &text, |row| {
            let (place, kind): (u32, String) = (row.get(4)?, row.get(1)?);
            let required = row.get::<_, bool>(2)? || place > 0;
            Ok((Column { name: row.get(0)?, kind: super::kind(&kind), required, default: row.get(3)? }, place))
        });
        let mut key: Vec<_> = columns.iter().filter(|(_, place)| *place > 0).collect();
        key.sort_by_key(|(_, place)| *place);
        let key = key.into_iter().map(|(column, _)| column.name.clone()).collect();
        let text = format!("select \"from\", \"table\" from pragma_foreign_key_list('{name}')");
        let references = rows(c, &text, |row| Ok((row.get(0)?, row.get(1)?))).into_iter().collect();
        let text = format!("select name, \"unique\", origin from pragma_index_list('{name}') where origin <> 'pk'");
        let indexes = rows(c, &text, |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)? == "c")));
        let indexes = indexes.into_iter().map(|(name, unique, named)| index(c, name, unique, named)).collect();
        Table { columns: columns.into_iter().map(|(column, _)| column).collect(), key, indexes, references }
    }

    fn index(c: &Connection, name: String, unique: bool, named: bool) -> Index {
        let text = format!("select name from pragma_index_info('{name}') order by seqno");
        let columns = rows(c, &text, |row| row.get(0));
        let text = format!("select coalesce(sql, '') from sqlite_master where type = 'index' and name = '{name}'");
        let made: String = c.query_row(&text, [], |row| row.get(0)).unwrap();
        let only = made.split_once(" where ").map(|(_, condition)| plain(condition));
        Index { name: named.then_some(name), unique, columns, only }
    }
}

mod postgres {
    use super::*;

    /// A row of one of the queries below: texts, for which `psql` needs no types.
    fn rows(database: &str, text: &str) -> Vec<Vec<String>> {
        let said = Postgres::shared().run(database, text);
        said.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
    }

    fn list(field: &str) -> Vec<String> {
        field.split(',').map(str::to_owned).collect()
    }

    fn some(field: &str) -> Option<String> {
        (!field.is_empty()).then(|| field.to_owned())
    }

    /// A database with all migrations.
    pub fn migrated() -> String {
        let url = Postgres::shared().database();
        let name = url.rsplit('/').next().unwrap().to_owned();
        migrations("postgres").iter().for_each(|(_, text)| drop(Postgres::shared().run(&name, text)));
        name
    }

    const COLUMNS: &str = "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        coalesce(pg_get_expr(d.adbin, d.adrelid), '')
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by c.relname, a.attnum";

    const INDEXES: &str = "select t.relname, i.relname, x.indisprimary, x.indisunique,
        (select string_agg(a.attname, ',' order by k.place) from unnest(x.indkey) with ordinality k (number, place)
            join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number),
        coalesce(pg_get_expr(x.indpred, x.indrelid), ''), exists (select 1 from pg_constraint n where n.conindid = i.oid)
        from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
        where t.relnamespace = 'public'::regnamespace";

    const REFERENCES: &str = "select t.relname, a.attname, f.relname from pg_constraint n
        join pg_class t on t.oid = n.conrelid join pg_class f on f.oid = n.confrelid
        join pg_attribute a on a.attrelid = t.oid and a.attnum = n.conkey[1] where n.contype = 'f'";

    pub fn schema() -> Schema {
        let database = migrated();
        let mut schema = Schema::new();
        for row in rows(&database, COLUMNS) {
            let [table, name, kind, required, default] = row.try_into().unwrap();
            let default = some(&default).map(|text| plain(&text).trim_matches('\'').to_owned());
            let column = Column { name, kind: super::kind(&kind), required: required == "t", default };
            schema.entry(table).or_default().columns.push(column);
        }
        for row in rows(&database, INDEXES) {
            let [table, name, primary, unique, columns, only, constraint] = row.try_into().unwrap();
            let (table, columns) = (schema.get_mut(&table).unwrap(), list(&columns));
            if primary == "t" {
                table.key = columns;
                continue;
            }
            let (name, only) = ((constraint == "f").then_some(name), some(&only).map(|text| plain(&text)));
            table.indexes.insert(Index { name, unique: unique == "t", columns, only });
        }
        for row in rows(&database, REFERENCES) {
            let [table, column, to] = row.try_into().unwrap();
            schema.get_mut(&table).unwrap().references.insert((column, to));
        }
        schema
    }

    /// Text in an index that is not ordered by its bytes.
    pub fn unordered() -> Vec<Vec<String>> {
        let text = "select i.relname, a.attname from pg_index x join pg_class i on i.oid = x.indexrelid
            join pg_attribute a on a.attrelid = x.indrelid and a.attnum = any (x.indkey)
            where i.relnamespace = 'public'::regnamespace and a.atttypid = 'text'::regtype
            and a.attcollation <> '\"C\"'::regcollation";
        rows(&migrated(), text)
    }

    /// Tables that number their rows by themselves.
    pub fn numbered() -> BTreeSet<String> {
        let text = "select c.relname from pg_attribute a join pg_class c on c.oid = a.attrelid
            where a.attidentity = 'd' and c.relnamespace = 'public'::regnamespace";
        rows(&migrated(), text).into_iter().flatten().collect()
    }
}

#[test]
fn migrations_have_equal_numbers_and_names() {
    let names = |engine| migrations(engine).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names("sqlite"), names("postgres"));
    for (name, number) in names("sqlite").iter().zip(1..) {
        assert!(name.starts_with(&format!("{number:04}_")), "{name} is number {number}");
    }
}

#[test]
fn both_engines_have_the_same_schema() {
    let (sqlite, postgres) = (sqlite::schema(), postgres::schema());
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (name, table) in &sqlite {
        assert_eq!(table, &postgres[name], "left: SQLite, right: PostgreSQL; table {name}");
    }
    let partial = sqlite.values().flat_map(|table| &table.indexes).filter(|index| index.only.is_some());
    assert!(sqlite.len() > 30 && partial.count() > 5, "the catalogue was read");
}

#[test]
fn text_in_an_index_is_ordered_by_its_bytes() {
    assert_eq!(postgres::unordered(), Vec::<Vec<String>>::new());
}

/// SQLite numbers a row that is inserted without an id; PostgreSQL does so only where the table says so.
#[test]
fn rows_that_are_inserted_without_a_number_get_one() {
    let mut without = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in std::fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        for (at, _) in text.match_indices("insert into ") {
            let Some((table, columns)) = text[at + 12..].split_once(" (") else { continue };
            if table.chars().all(|c| c == '_' || c.is_ascii_lowercase())
                && !["id, ", "{COLUMNS}"].iter().any(|begin| columns.starts_with(begin))
            {
                without.insert(table.to_owned());
            }
        }
    }
    let keyed: BTreeSet<String> = (sqlite::schema().into_iter())
        .filter(|(_, table)| table.key == ["id"])
        .map(|(name, _)| name)
        .filter(|name| without.contains(name))
        .collect();
    assert_eq!(keyed, postgres::numbered());
}
