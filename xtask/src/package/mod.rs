//! `cargo xtask package`: the Debian packages, each with man pages, guides and a bill of materials.
//!
//! Why not `cargo deb`: that is another program to build and to trust on every machine that tests, and it knows neither
//! man pages nor bills of materials. What it would do for us is below: `dpkg-shlibdeps` finds what the programs need, `dpkg-deb` packs, and both are on every Debian. `cargo deb` is an
//! alias of this command.
//!
//! Invariant: the same programs, sources and `SOURCE_DATE_EPOCH` give the same bytes.

mod deb;
mod manual;
pub mod sbom;

use crate::{reproduce, run};
use deb::Tree;
use std::fs;
use std::path::{Path, PathBuf};

/// Help of `package`.
pub const HELP: &str = "\
cargo xtask package [--from FOLDER] [--out FOLDER]

Makes tegata_VERSION_ARCH.deb, tegata-agent_… and tegata-station_…, and beside each its bill of materials NAME.cdx.json
(CycloneDX 1.6). Needs dpkg-dev, binutils and help2man of Debian. DEBFULLNAME and DEBEMAIL of the environment say who
answers for the packages.

  --from FOLDER   where the programs lie; without it they are built, such that the path of the sources does not show
  --out FOLDER    where the packages go; target/package without it";

/// A package: its program, what it is for, and the texts about it.
struct Package {
    name: &'static str,
    about: &'static str,
    text: &'static str,
    documents: &'static [&'static str],
}

const PACKAGES: [Package; 3] = [
    Package {
        name: "tegata",
        about: "trust platform for connected devices",
        text: " Gives every device an identity at manufacture and keeps its life, from chip to\n \
                scrap, in a registry whose every change is committed together with a leaf of\n \
                a tamper-evident log. This is the server.",
        documents: &[
            "README.md",
            "docs/guide/administrator.md",
            "docs/guide/assessor.md",
            "docs/guide/maker.md",
            "docs/guide/operator.md",
            "docs/guide/owner.md",
            "docs/guide/ja/operator.md",
            "docs/guide/ja/owner.md",
            "docs/how-to/back-up-and-restore.md",
            "docs/how-to/check-the-ledger-yourself.md",
            "docs/how-to/install-on-debian.md",
            "docs/how-to/run-behind-a-name.md",
        ],
    },
    Package {
        name: "tegata-agent",
        about: "agent of the trust platform Tegata on a device",
        text: " Enrols a device, tells its platform that it is well, installs signed updates\n \
                and erases the device at the end of its life.",
        documents: &["docs/how-to/put-the-agent-on-a-device.md", "docs/how-to/connect-an-update-client.md"],
    },
    Package {
        name: "tegata-station",
        about: "production line of the trust platform Tegata",
        text: " Runs a production line: a folder a unit with key, certificate, initial password\n \
                and label, read back before it is confirmed.",
        documents: &["docs/guide/maker.md"],
    },
];

/// What is packed, and as what.
pub struct Order {
    /// Where the programs lie.
    pub from: PathBuf,
    /// Where the packages go.
    pub out: PathBuf,
}

/// `cargo xtask package`.
pub fn command(args: &[String]) -> Result<bool, String> {
    let mut from = None;
    let mut order = Order { from: PathBuf::new(), out: run::target("package") };
    let mut rest = args;
    while let [option, value, more @ ..] = rest {
        match option.as_str() {
            "--from" => from = Some(PathBuf::from(value)),
            "--out" => order.out = value.into(),
            _ => return Err(format!("unknown option {option:?}; --help tells what there is")),
        }
        rest = more;
    }
    if let [option] = rest {
        return Err(format!("{option:?} alone; --help tells what there is"));
    }
    order.from = match from {
        Some(from) => from,
        None => {
            let target = run::target("package/build");
            reproduce::build(run::root(), &target, &PACKAGES.map(|package| package.name))?;
            target.join("release")
        }
    };
    for path in all(&order)? {
        println!("{}", path.display());
    }
    Ok(true)
}

/// Makes all packages; answers the files.
pub fn all(order: &Order) -> Result<Vec<PathBuf>, String> {
    fs::create_dir_all(&order.out).map_err(|why| format!("could not make {}: {why}", order.out.display()))?;
    let version = version()?;
    PACKAGES.iter().map(|package| one(package, &version, order)).collect()
}

fn version() -> Result<String, String> {
    let root = sbom::metadata()?;
    let ours = root["packages"].as_array().into_iter().flatten().find(|package| package["name"] == "tegata");
    let version = ours.and_then(|package| package["version"].as_str());
    version.map(str::to_owned).ok_or_else(|| "the workspace has no package tegata".into())
}

fn one(package: &Package, version: &str, order: &Order) -> Result<PathBuf, String> {
    let name = package.name;
    let bill = order.out.join(format!("{name}.cdx.json"));
    sbom::write(name, &bill)?;
    let mut tree = Tree::new(order.out.join(format!("{name}.tree")))?;
    let program = tree.program(&order.from.join(name), name)?;
    for (page, text) in manual::pages(&program, name, package.about)? {
        tree.zipped(&format!("usr/share/man/man1/{page}"), &text)?;
    }
    let docs = format!("usr/share/doc/{name}");
    for document in package.documents {
        let from = run::root().join(document);
        let folder = if document.contains("/ja/") { "ja/" } else { "" };
        let file = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        tree.file(&from, &format!("{docs}/{folder}{file}"))?;
    }
    tree.file(&bill, &format!("{docs}/{name}.cdx.json"))?;
    tree.text(&format!("{docs}/copyright"), &copyright()?)?;
    tree.zipped(&format!("{docs}/changelog"), &changelog(name, version)?)?;
    let mut depends = tree.libraries(&program)?;
    if name == "tegata" {
        service(&mut tree)?;
        // sysusers and tmpfiles in its maintainer script, deb-systemd-helper beside them
        depends += ", init-system-helpers (>= 1.65), systemd | systemd-standalone-sysusers | systemd-sysusers, systemd \
                    | systemd-standalone-tmpfiles | systemd-tmpfiles";
    }
    let about = format!("{}\n{}", package.about, package.text);
    tree.pack(&order.out, (name, version), &depends, &about)
}

/// What makes the server a service of the system.
fn service(tree: &mut Tree) -> Result<(), String> {
    tree.file(&here("tegata.service"), "usr/lib/systemd/system/tegata.service")?;
    tree.file(&here("tegata.sysusers"), "usr/lib/sysusers.d/tegata.conf")?;
    tree.file(&here("tegata.tmpfiles"), "usr/lib/tmpfiles.d/tegata.conf")?;
    tree.file(&here("tegata.toml"), "etc/tegata/tegata.toml")?;
    tree.text("DEBIAN/conffiles", "/etc/tegata/tegata.toml\n")?;
    for script in ["postinst", "prerm", "postrm"] {
        tree.script(&here(&format!("tegata.{script}")), &format!("DEBIAN/{script}"))?;
    }
    Ok(())
}

/// A file of the folder `package` of the repository.
fn here(name: &str) -> PathBuf {
    run::root().join("package").join(name)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("could not read {}: {why}", path.display()))
}

/// In the machine-readable form of Debian, with the text of the licence that Debian does not have.
fn copyright() -> Result<String, String> {
    let licence = read(&run::root().join("LICENSE-MIT"))?;
    let lines = licence.lines().skip_while(|line| !line.starts_with("Permission"));
    let mut text = read(&here("copyright"))?;
    for line in lines {
        text += &if line.trim().is_empty() { " .\n".to_owned() } else { format!(" {line}\n") };
    }
    Ok(text)
}

/// In the form of Debian: one entry, which leads to the changelog proper.
fn changelog(name: &str, version: &str) -> Result<String, String> {
    let date =
        run::capture(&mut run::program("date", &["--utc", "--rfc-email", &format!("--date=@{}", reproduce::epoch())]))?;
    Ok(format!(
        "{name} ({version}) unstable; urgency=medium\n\n  * See CHANGELOG.md in the sources.\n\n -- {}  {}\n",
        deb::maintainer(),
        date.trim()
    ))
}
