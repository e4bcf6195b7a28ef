//! One Debian package: a tree of files with fixed rights and times, packed by `dpkg-deb`.

use crate::{reproduce, run};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Nobody in particular: Debian's policy (3.3) wants an address that works, which only who hands packages on has. Mail to
/// this one reaches no stranger (RFC 2606).
const MAINTAINER: &str = "The Tegata authors <authors@tegata.invalid>";

/// Who answers for the packages: whoever builds them, as Debian's own tools ask for it (`DEBFULLNAME`, `DEBEMAIL`).
#[expect(clippy::disallowed_methods, reason = "both variables are the convention of Debian's tools")]
pub fn maintainer() -> String {
    let said = |name| std::env::var(name).ok().filter(|text: &String| !text.is_empty());
    named(said("DEBFULLNAME").zip(said("DEBEMAIL")))
}

fn named(said: Option<(String, String)>) -> String {
    let plain = |text: &str| !text.contains(['<', '>', ',', '\n']);
    match said {
        Some((name, mail)) if plain(&name) && plain(&mail) => format!("{name} <{mail}>"),
        _ => MAINTAINER.to_owned(),
    }
}

/// The tree that becomes a package.
pub struct Tree(PathBuf);

fn wrong(path: &Path) -> impl FnOnce(std::io::Error) -> String {
    move |why| format!("{}: {why}", path.display())
}

impl Tree {
    /// An empty one, in place of what was there.
    pub fn new(path: PathBuf) -> Result<Self, String> {
        if path.exists() {
            fs::remove_dir_all(&path).map_err(wrong(&path))?;
        }
        fs::create_dir_all(path.join("DEBIAN")).map_err(wrong(&path))?;
        Ok(Tree(path))
    }

    fn place(&self, to: &str) -> Result<PathBuf, String> {
        let path = self.0.join(to);
        let folder = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder).map_err(wrong(folder))?;
        Ok(path)
    }

    /// Writes a text.
    pub fn text(&mut self, to: &str, text: &str) -> Result<(), String> {
        let path = self.place(to)?;
        fs::write(&path, text).map_err(wrong(&path))?;
        fs::set_permissions(&path, Permissions::from_mode(0o644)).map_err(wrong(&path))
    }

    /// Copies a file.
    pub fn file(&mut self, from: &Path, to: &str) -> Result<(), String> {
        self.text(to, &super::read(from)?)
    }

    /// Copies a script.
    pub fn script(&mut self, from: &Path, to: &str) -> Result<(), String> {
        self.file(from, to)?;
        let path = self.0.join(to);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(wrong(&path))
    }

    /// Writes a text as `to.gz`, without name and time.
    pub fn zipped(&mut self, to: &str, text: &str) -> Result<(), String> {
        self.text(to, text)?;
        run::capture(run::program("gzip", &["-9n", "--force"]).arg(self.0.join(to))).map(drop)
    }

    /// A program without its debugging symbols, as `usr/bin/NAME`; answers where it lies.
    pub fn program(&mut self, from: &Path, name: &str) -> Result<PathBuf, String> {
        let path = self.place(&format!("usr/bin/{name}"))?;
        let mut strip = run::program("strip", &["--strip-unneeded", "--remove-section=.comment", "-o"]);
        run::capture(strip.arg(&path).arg(from))?;
        fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(wrong(&path))?;
        Ok(path)
    }

    /// The packages of the libraries that a program is linked with.
    pub fn libraries(&self, program: &Path) -> Result<String, String> {
        // dpkg-shlibdeps wants a source package around it
        let around = self.0.with_extension("source");
        let control = around.join("debian/control");
        fs::create_dir_all(around.join("debian")).map_err(wrong(&around))?;
        fs::write(&control, "Source: tegata\n\nPackage: tegata\nArchitecture: any\n").map_err(wrong(&control))?;
        let mut find = run::program("dpkg-shlibdeps", &["-O", "-e"]);
        let found = run::capture(find.arg(program).current_dir(&around))?;
        fs::remove_dir_all(&around).map_err(wrong(&around))?;
        let libraries = found.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
        libraries.map(str::to_owned).ok_or_else(|| format!("dpkg-shlibdeps said {found:?}"))
    }

    /// Packs; answers the file, which stands in `out`.
    pub fn pack(
        mut self,
        out: &Path,
        (name, version): (&str, &str),
        depends: &str,
        about: &str,
    ) -> Result<PathBuf, String> {
        let arch = run::capture(&mut run::program("dpkg", &["--print-architecture"]))?;
        let (arch, files) = (arch.trim(), self.files()?);
        self.text("DEBIAN/md5sums", &run::capture(run::program("md5sum", &[]).args(&files).current_dir(&self.0))?)?;
        let bytes = |file: &String| fs::metadata(self.0.join(file)).map_or(0, |file| file.len().div_ceil(1024));
        let size: u64 = files.iter().map(bytes).sum();
        let fields = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {arch}\nMaintainer: {}\nInstalled-Size: {size}\n\
             Depends: {depends}\nSection: net\nPriority: optional\nDescription: {about}\n",
            maintainer()
        );
        self.text("DEBIAN/control", &fields)?;
        run::capture(run::program("chmod", &["--recursive", "u=rwX,go=rX"]).arg(&self.0))?;
        let path = out.join(format!("{name}_{version}_{arch}.deb"));
        // one thread: how a file is cut for many of them shows in its bytes
        let mut pack = run::program("dpkg-deb", &["--root-owner-group", "--threads-max=1", "-z4", "--build"]);
        run::capture(pack.env("SOURCE_DATE_EPOCH", reproduce::epoch()).arg(&self.0).arg(&path))?;
        fs::remove_dir_all(&self.0).map_err(wrong(&self.0))?;
        Ok(path)
    }

    /// What the package installs, in order.
    fn files(&self) -> Result<Vec<String>, String> {
        let list = ["-type", "f", "-not", "-path", "./DEBIAN/*", "-printf", "%P\n"];
        let found = run::capture(run::program("find", &["."]).args(list).current_dir(&self.0))?;
        let mut files: Vec<String> = found.lines().map(str::to_owned).collect();
        files.sort();
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_builds_packages_answers_for_them() {
        let said = |name: &str, mail: &str| named(Some((name.into(), mail.into())));
        assert_eq!(said("Example Works", "packages@example.com"), "Example Works <packages@example.com>");
        assert_eq!(named(None), MAINTAINER);
        assert_eq!(said("Example Works\nDepends: other", "packages@example.com"), MAINTAINER, "one field");
    }
}
