//! What the tests need from outside, and how it gets there on a fresh Debian 12.

use crate::run;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What the compiler needs of Debian.
const OF_COMPILER: [(&str, &str); 1] = [("build-essential", "C compiler for SQLite and AWS-LC")];

/// What the tests need of Debian, each with the reason for it.
const PACKAGES: [(&str, &str); 21] = [
    ("chromium", "browser of the page tests"),
    ("chromium-driver", "drives it"),
    ("fonts-noto-cjk", "Japanese pages, as a reader sees them"),
    ("strongswan-pki", "foreign EST client"),
    ("libstrongswan-extra-plugins", "its cryptography"),
    ("libstrongswan-standard-plugins", "its elliptic curves"),
    ("swupdate", "foreign update client"),
    ("oathtool", "makes one-time codes, as a person's phone does"),
    ("zbar-tools", "reads the label's code back"),
    ("librsvg2-bin", "draws the label for it"),
    ("golang-go", "foreign log verifier"),
    ("golang-golang-x-mod-dev", "its source, sumdb/note and sumdb/tlog"),
    ("postgresql-15", "the second engine of the store"),
    ("openssl", "foreign reader of certificates"),
    ("curl", "foreign HTTP client"),
    ("systemd", "runs the package's service, in a root of its own"),
    ("lintian", "foreign reader of the packages"),
    ("help2man", "makes their man pages"),
    ("prometheus", "scrapes the metrics, checks the alert rules"),
    ("python3-venv", "a place for the Python packages"),
    ("tor-geoipdb", "countries of addresses, in the text form that look-ups are counted by"),
];

/// What the long tests need beside.
const OF_SOAK: [(&str, &str); 6] = [
    ("patroni", "PostgreSQL on several machines, taken over when one falls"),
    ("etcd-server", "where Patroni's nodes agree"),
    ("etcd-client", "looks at it"),
    ("iproute2", "network namespaces"),
    ("nftables", "cuts the network between them"),
    ("postgresql-15", "the database"),
];

/// npm, where the machine has none: Node of elsewhere brings its own, and cannot stand beside Debian's.
const NPM: [(&str, &str); 2] = [("nodejs", "runs npm"), ("npm", "fetches axe-core, which judges the pages")];

/// What the pictures of the handbook need beside.
const OF_PICTURES: [(&str, &str); 1] = [("pngquant", "a picture of a page in few colours is a quarter of the size")];

/// Python's packages, as pip takes them.
const PYTHON: [&str; 7] = [
    "pkilint==0.13.3",
    "aiosmtpd==1.4.6",
    "h2==4.4.1",
    "schemathesis==4.32.5",
    "moto[server]==5.2.5",
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "opentelemetry-proto==1.45.2",
];

/// A provider of identity, as pip takes it: apart, since it brings fifty packages with versions of its own.
const PROVIDER: [&str; 1] = ["canaille[front,oidc,server,sqlite]==0.3.6"];

/// Where Python's packages lie.
pub fn venv() -> PathBuf {
    run::target("venv")
}

/// Where the provider of identity lies.
pub fn provider() -> PathBuf {
    run::target("venv-provider")
}

/// Where npm's packages lie.
pub fn npm() -> PathBuf {
    run::target("npm")
}

/// Installs what the compiler needs.
pub fn install_for_compiler() -> Result<(), String> {
    debian(&OF_COMPILER)
}

/// Installs the rest: it comes over the network, and the compiler need not wait for it.
pub fn install_rest() -> Result<(), String> {
    debian(&PACKAGES)?;
    python(&venv(), &PYTHON)?;
    python(&provider(), &PROVIDER)?;
    node()
}

/// Installs what the pictures need beside.
pub fn install_for_pictures() -> Result<(), String> {
    install_for_compiler()?;
    debian(&PACKAGES)?;
    debian(&OF_PICTURES)?;
    python(&venv(), &PYTHON)
}

/// Installs what the long tests need beside.
pub fn install_for_soak() -> Result<(), String> {
    install_for_compiler()?;
    debian(&PACKAGES)?;
    debian(&OF_SOAK)?;
    python(&venv(), &PYTHON)
}

/// Packages with the reason for each.
type Packages = [(&'static str, &'static str)];

fn debian(packages: &Packages) -> Result<(), String> {
    let missing = missing(packages)?;
    if missing.is_empty() {
        println!("needs: all {} packages of Debian are there", packages.len());
        return Ok(());
    }
    if fs::metadata("/proc/self").map_or(true, |us| us.uid() != 0) {
        let names = missing.join(" ");
        return Err(format!(
            "missing packages, and not root. Run:\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}"
        ));
    }
    run::pass(&mut run::program("apt-get", &["update", "-q"]))?;
    let mut install = run::program("apt-get", &["install", "-q", "-y", "--no-install-recommends"]);
    let _quiet = Quiet::now();
    run::pass(install.args(&missing).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// While it is there, packages start no services (`invoke-rc.d`): SWUpdate's would, and nobody here asked for it.
struct Quiet(Option<&'static str>);

impl Quiet {
    fn now() -> Self {
        const POLICY: &str = "/usr/sbin/policy-rc.d";
        let options = || fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(POLICY);
        // one that is there already is the machine's own, and stays
        let ours = options().and_then(|mut file| file.write_all(b"#!/bin/sh\nexit 101\n"));
        Quiet(ours.is_ok().then_some(POLICY))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(Err(why)) = self.0.map(fs::remove_file) {
            println!("needs: /usr/sbin/policy-rc.d stays behind: {why}");
        }
    }
}

fn missing(packages: &Packages) -> Result<Vec<&'static str>, String> {
    let mut query = run::program("dpkg-query", &["-W", "-f=${db:Status-Status} ${Package}\n"]);
    query.args(packages.iter().map(|(name, _)| name));
    let output = query.output().map_err(|why| {
        let names: Vec<_> = packages.iter().map(|(name, why)| format!("  {name}: {why}")).collect();
        let names = names.join("\n");
        format!("the tests expect Debian 12, and dpkg-query could not be run ({why}). They need:\n{names}")
    })?;
    // It exits non-zero when it does not know a name: that one is simply missing.
    let known = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(absent(packages, &known))
}

fn absent(packages: &Packages, known: &str) -> Vec<&'static str> {
    let installed: Vec<&str> = known.lines().filter_map(|line| line.strip_prefix("installed ")).collect();
    packages.iter().map(|(name, _)| *name).filter(|name| !installed.contains(name)).collect()
}

/// A virtual environment, made once; a note in it tells what it holds, written last.
fn python(venv: &Path, packages: &[&str]) -> Result<(), String> {
    let note = venv.join("holds.txt");
    let wanted = packages.join("\n");
    if fs::read_to_string(&note).is_ok_and(|held| held == wanted) {
        println!("needs: {} is there", packages.join(", "));
        return Ok(());
    }
    run::pass(run::program("python3", &["-m", "venv", "--clear"]).arg(venv))?;
    let pip = venv.join("bin/python");
    let args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run::pass(run::program(pip, &args).args(packages))?;
    fs::write(&note, wanted).map_err(|why| format!("could not write {}: {why}", note.display()))
}

/// npm's packages, exactly those of the lock; the lock beside them tells what is there, written last.
fn node() -> Result<(), String> {
    if run::capture(&mut run::program("npm", &["--version"])).is_err() {
        debian(&NPM)?;
    }
    let (ours, there) = (run::root().join("tests/foreign/browser"), npm());
    let wanted =
        fs::read_to_string(ours.join("package-lock.json")).map_err(|why| format!("package-lock.json: {why}"))?;
    let note = there.join("holds.json");
    if fs::read_to_string(&note).is_ok_and(|held| held == wanted) {
        println!("needs: npm's packages are there");
        return Ok(());
    }
    let copied = |name: &str| fs::copy(ours.join(name), there.join(name)).map(drop);
    let copied =
        fs::create_dir_all(&there).and_then(|()| copied("package.json")).and_then(|()| copied("package-lock.json"));
    copied.map_err(|why| format!("could not prepare {}: {why}", there.display()))?;
    // no package runs anything of its own here
    let args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    run::pass(run::program("npm", &args).current_dir(&there))?;
    fs::write(&note, wanted).map_err(|why| format!("could not write {}: {why}", note.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_installed_packages_count() {
        let known: String = PACKAGES.iter().map(|(name, _)| format!("installed {name}\n")).collect();
        assert!(absent(&PACKAGES, &known).is_empty());
        let known = known.replace("installed curl\n", "config-files curl\n");
        assert_eq!(absent(&PACKAGES, &known), ["curl"]);
    }
}
