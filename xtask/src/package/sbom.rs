//! The bill of materials of a program: CycloneDX 1.6 as JSON, from `cargo metadata` and Cargo.lock.
//!
//! Why not `cargo-cyclonedx`: it does not see the C libraries inside of crates (SQLite, AWS-LC, Zstandard), which are what
//! advisories name, and it dates its files, which a package that is built twice must not. A validator that we did not
//! write checks ours (`tests/foreign/90-package.sh`).
//!
//! Invariant: it depends on Cargo.lock and the sources alone.

use crate::{reproduce, run};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// C libraries inside of crates: crate, library, a header, and the macro in it that names its version.
const BUNDLED: [(&str, &str, &str, &str); 3] = [
    ("libsqlite3-sys", "sqlite", "sqlite3/sqlite3.h", "SQLITE_VERSION"),
    ("aws-lc-sys", "aws-lc", "aws-lc/include/openssl/base.h", "AWSLC_VERSION_NUMBER_STRING"),
    ("zstd-sys", "zstd", "zstd/lib/zstd.h", "ZSTD_VERSION_"),
];

/// Help of `sbom`.
pub const HELP: &str = "\
cargo xtask sbom PACKAGE FILE

Writes the bill of materials of a program of this workspace, CycloneDX 1.6 as JSON, as its Debian package holds it.";

/// `cargo xtask sbom`.
pub fn command(args: &[String]) -> Result<bool, String> {
    let [package, file] = args else { return Err("expected PACKAGE FILE; --help tells more".into()) };
    write(package, Path::new(file)).map(|()| true)
}

/// What cargo knows of the workspace on this sort of machine.
pub fn metadata() -> Result<Value, String> {
    let version = run::capture(&mut run::program("rustc", &["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc -vV names no host")?;
    let args = ["metadata", "--format-version=1", "--locked", "--quiet", "--filter-platform", host];
    serde_json::from_str(&run::capture(&mut run::cargo(&args))?).map_err(|why| format!("cargo metadata: {why}"))
}

/// Writes the bill of a package of ours.
pub fn write(package: &str, path: &Path) -> Result<(), String> {
    let lock = fs::read_to_string(run::root().join("Cargo.lock")).map_err(|why| format!("Cargo.lock: {why}"))?;
    let mut bill = bill(package, &metadata()?, &checksums(&lock))?;
    let put = |bill: &Value| {
        let text = serde_json::to_string_pretty(bill).map_err(|why| why.to_string())?;
        fs::write(path, text + "\n").map_err(|why| format!("could not write {}: {why}", path.display()))
    };
    put(&bill)?;
    bill["serialNumber"] = serial(&run::capture(run::program("sha256sum", &[]).arg(path))?).into();
    put(&bill)
}

/// A serial number that is another one where the content is: of its SHA-256 (UUID version 8, RFC 9562 §5.8).
fn serial(digest: &str) -> String {
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// SHA-256 of every package of Cargo.lock, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |block: &str, name: &str| {
        let value = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))?;
        Some(value.trim_end_matches('"').to_owned())
    };
    let blocks = lock.split("[[package]]").skip(1);
    blocks.filter_map(|b| Some(((field(b, "name")?, field(b, "version")?), field(b, "checksum")?))).collect()
}

/// The packages of a workspace by id, and who uses whom.
struct Graph<'a> {
    packages: BTreeMap<&'a str, &'a Value>,
    nodes: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Value) -> Self {
        let by_id = |list: &'a Value| {
            let all = list.as_array().into_iter().flatten();
            all.filter_map(|one| Some((one["id"].as_str()?, one))).collect()
        };
        Graph { packages: by_id(&metadata["packages"]), nodes: by_id(&metadata["resolve"]["nodes"]) }
    }

    /// What a package uses: never for tests; for its own build only where `build` says so.
    fn uses(&self, id: &str, build: bool) -> Vec<&'a str> {
        let deps = self.nodes.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten();
        let wanted = |dep: &&Value| {
            let kinds = dep["dep_kinds"].as_array().into_iter().flatten();
            kinds.into_iter().any(|kind| kind["kind"].is_null() || build && kind["kind"] == "build")
        };
        deps.filter(wanted).filter_map(|dep| dep["pkg"].as_str()).collect()
    }

    fn runs_in_compiler(&self, id: &str) -> bool {
        let targets = self.packages.get(id).and_then(|package| package["targets"].as_array()).into_iter().flatten();
        targets.flat_map(|target| target["kind"].as_array().into_iter().flatten()).any(|kind| kind == "proc-macro")
    }

    /// Everything below `id`; with `build`, also what only works while it is built.
    fn below(&self, id: &'a str, build: bool) -> BTreeSet<&'a str> {
        let (mut found, mut waiting) = (BTreeSet::new(), vec![id]);
        while let Some(id) = waiting.pop() {
            if (build || !self.runs_in_compiler(id)) && found.insert(id) {
                waiting.extend(self.uses(id, build));
            }
        }
        found
    }
}

fn bill(package: &str, metadata: &Value, checksums: &BTreeMap<(String, String), String>) -> Result<Value, String> {
    let graph = Graph::of(metadata);
    let ours = graph.packages.iter().find(|(_, one)| one["name"] == package && one["source"].is_null());
    let (top, _) = ours.ok_or_else(|| format!("the workspace has no package {package}"))?;
    let (linked, all) = (graph.below(top, false), graph.below(top, true));
    let mut components = BTreeMap::new();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for id in &all {
        let one = graph.packages[id];
        let name = reference(one);
        let below = graph.uses(id, true).into_iter().filter(|id| all.contains(id));
        uses.entry(name.clone()).or_default().extend(below.map(|id| reference(graph.packages[id])));
        let scope = if linked.contains(id) { "required" } else { "excluded" };
        if let Some(library) = bundled(one)? {
            let inner = library["bom-ref"].as_str().unwrap_or_default().to_owned();
            uses.entry(name.clone()).or_default().insert(inner.clone());
            uses.entry(inner.clone()).or_default();
            components.insert(inner, library);
        }
        components.insert(name, component(one, scope, checksums));
    }
    let top = reference(graph.packages[top]);
    let mut program = components.remove(&top).unwrap_or_default();
    program["type"] = "application".into();
    program.as_object_mut().map(|program| program.remove("scope"));
    let uses: Vec<Value> = uses.into_iter().map(|(name, on)| json!({ "ref": name, "dependsOn": on })).collect();
    let components: Vec<Value> = components.into_values().collect();
    Ok(json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {
            "timestamp": run::capture(&mut run::program("date",
                &["--utc", "+%Y-%m-%dT%H:%M:%SZ", &format!("--date=@{}", reproduce::epoch())]))?.trim(),
            "tools": { "components": [{ "type": "application", "name": "cargo xtask sbom" }] },
            "component": program,
        },
        "components": components, "dependencies": uses,
    }))
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_default()
}

fn reference(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(package, "name"), text(package, "version"))
}

fn component(package: &Value, scope: &str, checksums: &BTreeMap<(String, String), String>) -> Value {
    let mut fields = Map::new();
    let (name, version) = (text(package, "name"), text(package, "version"));
    for (field, value) in [("type", "library"), ("name", name), ("version", version), ("scope", scope)] {
        fields.insert(field.into(), value.into());
    }
    fields.insert("bom-ref".into(), reference(package).into());
    // those of the workspace come from no registry, and their names may be somebody else's there
    if !package["source"].is_null() {
        fields.insert("purl".into(), reference(package).into());
    }
    if let Some(licence) = package["license"].as_str() {
        // "/" was the word for "or" once
        fields.insert("licenses".into(), json!([{ "expression": licence.replace('/', " OR ") }]));
    }
    if let Some(sum) = checksums.get(&(name.to_owned(), version.to_owned())) {
        fields.insert("hashes".into(), json!([{ "alg": "SHA-256", "content": sum }]));
    }
    if let Some(link) = package["repository"].as_str().filter(|link| link.starts_with("https://")) {
        fields.insert("externalReferences".into(), json!([{ "type": "vcs", "url": link }]));
    }
    fields.into()
}

/// The C library inside of a crate. One that is there but tells no version is an error: it would be missing.
fn bundled(package: &Value) -> Result<Option<Value>, String> {
    let of = |(name, ..): &&(&str, &str, &str, &str)| *name == text(package, "name");
    let Some((name, library, header, word)) = BUNDLED.iter().find(of) else { return Ok(None) };
    let folder = Path::new(text(package, "manifest_path")).parent().unwrap_or(Path::new(""));
    let source = fs::read_to_string(folder.join(header)).map_err(|why| format!("{name}: {header}: {why}"))?;
    let version = version(&source, word).ok_or_else(|| format!("{name}: {header} names no {word}"))?;
    let name = format!("pkg:generic/{library}@{version}");
    let object = json!({ "type": "library", "name": library, "version": version, "scope": "required", "bom-ref": name,
        "purl": name, "description": format!("C sources inside of the crate {}", text(package, "name")) });
    Ok(Some(object))
}

/// The version in `#define WORD "1.2.3"`, or in the three lines `#define WORDMAJOR 1` and so on.
fn version(source: &str, word: &str) -> Option<String> {
    let defined = |word: &str| {
        let value = source.lines().find_map(|line| {
            let mut words = line.strip_prefix('#')?.trim_start().strip_prefix("define")?.split_whitespace();
            (words.next()? == word).then(|| words.next()).flatten()
        })?;
        Some(value.trim_matches('"').to_owned())
    };
    defined(word).or_else(|| {
        let parts = ["MAJOR", "MINOR", "RELEASE"].map(|part| defined(&format!("{word}{part}")));
        let [Some(major), Some(minor), Some(release)] = parts else { return None };
        Some(format!("{major}.{minor}.{release}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_c_libraries_are_read() {
        let one = "#define SQLITE_VERSION_NUMBER 3\n#define SQLITE_VERSION        \"3.50.2\"\n";
        assert_eq!(version(one, "SQLITE_VERSION").as_deref(), Some("3.50.2"));
        let three = "# define Z_MAJOR    1\n#define Z_MINOR 5\n#define Z_RELEASE  7\n";
        assert_eq!(version(three, "Z_").as_deref(), Some("1.5.7"));
        assert_eq!(version("#define OTHER 1\n", "Z_"), None);
    }

    #[test]
    fn the_bill_of_this_workspace_names_what_is_linked() {
        let lock = fs::read_to_string(run::root().join("Cargo.lock")).unwrap();
        let bill = bill("tegata", &metadata().unwrap(), &checksums(&lock)).unwrap();
        let scope = |name: &str| {
            let all = bill["components"].as_array().unwrap().iter();
            all.filter(|one| one["name"] == name).map(|one| one["scope"].clone()).next()
        };
        assert_eq!(bill["metadata"]["component"]["name"], "tegata");
        for name in ["tegata-store", "rustls", "rusqlite", "sqlite", "aws-lc", "zstd"] {
            assert_eq!(scope(name), Some("required".into()), "{name}");
        }
        assert_eq!(scope("serde_derive"), Some("excluded".into()), "it works in the compiler");
        assert_eq!(
            [scope("insta"), scope("xtask"), scope("tegata-testkit")],
            [None, None, None],
            "only tests use them"
        );
    }
}
