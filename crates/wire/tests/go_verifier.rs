//! A log written by this crate, verified by a program that shares no code with it (tests/foreign/tlog/main.go, on
//! Go's checksum-database packages as Debian ships them), from files and over HTTP; and the faults that it must find.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tegata_wire::life::{commitment, leaf, salt};
use tegata_wire::signed_note::{Checkpoint, Verifier, sign};
use tegata_wire::tlog::leaf_hash;
use tegata_wire::tlog_tiles::{Edge, TileKind, TilePath, encode_bundle, encode_tile};

const ORIGIN: &str = "log.example/devices";
const ENTRIES: u64 = 70_000;
const OLD: u64 = 50_000;

/// A folder that goes away, with the built verifier, the log and what a verifier is given.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("go_verifier-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test");
        Folder(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder in the test's folder");
        fs::write(path, bytes).expect("a file in the test's folder");
    }

    fn build_verifier(&self) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/foreign/tlog/main.go");
        let built = Command::new("go")
            .env("GO111MODULE", "off")
            .env("GOPATH", "/usr/share/gocode")
            .args(["build", "-o"])
            .args([self.path("verifier"), source])
            .output()
            .unwrap_or_else(|error| {
                panic!("go cannot be run ({error}): apt install golang-go golang-golang-x-mod-dev")
            });
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "go build failed; golang-golang-x-mod-dev missing? {said}");
    }

    /// Runs the verifier on the log in `log` with the key in `key`.
    fn verify(&self, key: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.path("verifier"));
        command.current_dir(&self.0).args(["-keys", key]).args(arguments).output().expect("the built verifier")
    }

    #[track_caller]
    fn accepts(&self, arguments: &[&str], said: &str) {
        let output = self.verify("vkey", arguments);
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(out.starts_with("ok: ") && out.lines().count() == 1 && out.contains(said), "{out}");
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], said: &str) {
        let output = self.verify("vkey", arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(error.contains(said), "{error}");
    }

    /// Flips a bit in a file of the log, and gives back what undoes it.
    fn flip(&self, name: &str) -> impl FnOnce() {
        let path = self.path(name);
        let whole = fs::read(&path).expect("a file of the log");
        let mut other = whole.clone();
        *other.last_mut().expect("a file that is not empty") ^= 1;
        fs::write(&path, other).expect("a file of the log");
        move || fs::write(&path, whole).expect("a file of the log")
    }
}

fn entry(index: u64) -> [u8; 33] {
    leaf(&commitment(&salt(&[3; 32], index as u32), &index.to_be_bytes()))
}

/// A checkpoint of this edge, signed with a key made from `seed`; its vkey beside it.
fn checkpoint(edge: &Edge, seed: u8) -> (String, Verifier) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed");
    let key = Verifier::new(ORIGIN, pair.public_key().as_ref().try_into().expect("32 bytes")).expect("a name");
    let text = Checkpoint { origin: ORIGIN.into(), size: edge.size(), root: edge.root() }.text().expect("an origin");
    let note = sign(&text, &key, |bytes| pair.sign(bytes).as_ref().try_into().expect("64 bytes")).expect("a text");
    (note, key)
}

/// Writes the log under `name` as the files that tlog-tiles names, in batches, with a checkpoint beside it at `OLD`.
fn write_log(folder: &Folder, name: &str, entries: &[[u8; 33]]) {
    let mut edge = Edge::new();
    let hashes: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let (before, after) = hashes.split_at(hashes.len().min(OLD as usize));
    for part in [before, after] {
        for tile in part.chunks(1000).flat_map(|batch| edge.append(batch)) {
            folder.write(&format!("{name}/{}", tile.path()), encode_tile(&tile.hashes));
        }
        // Partial tiles belong to each published checkpoint.
        for (path, hashes) in edge.partials() {
            folder.write(&format!("{name}/{path}"), encode_tile(hashes));
        }
        folder.write(&format!("{name}.{}", edge.size()), checkpoint(&edge, 1).0);
    }
    for (index, bundle) in entries.chunks(256).enumerate() {
        let path = TilePath::of_tree(TileKind::Entries, index as u64, edge.size()).expect("a bundle of the log");
        folder.write(&format!("{name}/{path}"), encode_bundle(bundle).expect("a bundle"));
    }
    folder.write(&format!("{name}/checkpoint"), checkpoint(&edge, 1).0);
}

/// Serves the files of a folder, one request a connection, for as long as the test runs; gives its address.
fn serve(root: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let answer = move |stream: TcpStream| -> std::io::Result<()> {
        let mut lines = BufReader::new(&stream).lines();
        let request = lines.next().unwrap_or(Ok(String::new()))?;
        lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
        let path = request.split(' ').nth(1).and_then(|path| path.strip_prefix("/ledger/devices/")).unwrap_or("none");
        // Only what this crate takes for a path is served.
        let known = path == "checkpoint" || TilePath::parse(path).is_ok();
        let (status, body) = match fs::read(root.join(path)) {
            Ok(body) if known => ("200 OK", body),
            _ => ("404 Not Found", Vec::new()),
        };
        write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
        (&stream).write_all(&body)
    };
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(answer));
    address
}

#[test]
fn a_foreign_verifier_accepts_the_log_and_finds_faults() {
    let folder = Folder::new();
    folder.build_verifier();
    let mut entries: Vec<_> = (0..ENTRIES).map(entry).collect();
    write_log(&folder, "log", &entries);
    folder.write("entry", entries[12_345]);
    folder.write("vkey", format!("{}\n", checkpoint(&Edge::new(), 1).1));
    folder.write("stranger", format!("{}\n", checkpoint(&Edge::new(), 2).1));

    let head = format!("log {ORIGIN}, 70000 entries, signed by {ORIGIN}, ");
    folder.accepts(&["-dir", "log"], &format!("{head}1648 entries of the bundles included"));
    let arguments = ["-dir", "log", "-index", "12345", "-entry", "entry", "-old", "log.50000"];
    folder
        .accepts(&arguments, &format!("{head}entry 12345 included by 17 hashes, continues 50000 entries by 14 hashes"));
    folder.accepts(&["-dir", "log", "-old", "log.70000"], "continues 70000 entries by 0 hashes");

    let url = format!("http://{}/ledger/devices", serve(folder.path("log")));
    folder.accepts(&["-url", &url, "-old", "log.50000"], "1648 entries of the bundles included, continues 50000");
    folder.accepts(&["-url", &url, "-index", "12345", "-entry", "entry"], "entry 12345 included by 17 hashes");
    folder.refuses(&["-url", &format!("{url}/none")], "404 Not Found");

    // Each fault is found, and the log is whole again after it.
    for (file, said) in [
        ("log/tile/entries/000", "entry 255 is not in the tree"),
        ("log/tile/entries/273.p/112", "entry 69999 is not in the tree"),
        ("log/tile/0/273.p/112", "inconsistent tile"),
        ("log/tile/0/001", "entry 256"),
        ("log/tile/1/000", "entry 0"),
        ("log/tile/2/000.p/1", "inconsistent tile"),
        ("log/checkpoint", "malformed note"),
    ] {
        let undo = folder.flip(file);
        folder.refuses(&["-dir", "log"], said);
        undo();
    }
    folder.refuses(&["-dir", "log", "-index", "12346", "-entry", "entry"], "entry 12346");
    folder.refuses(&["-dir", "log", "-index", "70000", "-entry", "entry"], "entry 70000");
    let stranger = folder.verify("stranger", &["-dir", "log"]);
    assert!(!stranger.status.success() && stranger.stdout.is_empty(), "signed by nobody known");

    // A log that rewrote an early entry is a log of its own, and no continuation of this one.
    entries[7] = entry(ENTRIES);
    write_log(&folder, "fork", &entries);
    folder.accepts(&["-dir", "fork"], "1648 entries");
    folder.refuses(&["-dir", "fork", "-old", "log.50000"], "not a continuation");
    folder.refuses(&["-dir", "log", "-old", "fork.70000"], "not a continuation");

    // Entries and leaf hashes forged to agree with each other, but not with the root (CVE-2026-56865: Go's tile reader
    // before x/mod v0.40.0 takes them).
    for file in ["tile/entries/000", "tile/0/000"] {
        folder
            .write(&format!("log/{file}"), fs::read(folder.path(&format!("fork/{file}"))).expect("a file of the fork"));
    }
    folder.refuses(&["-dir", "log"], "entry 0");

    // The sizes at which tiles end.
    for size in [0, 1, 255, 256, 257, 2000, 2001, 65_536, 65_537] {
        let name = format!("small{size}");
        write_log(&folder, &name, &entries[..size]);
        folder.accepts(&["-dir", &name], &format!("{size} entries, signed by"));
    }
    folder.accepts(&["-dir", "small2000"], "2000 entries of the bundles included");
    folder.accepts(&["-dir", "small257", "-old", "small0.0"], "a continuation of the empty log");
    folder.refuses(&["-dir", "small257", "-old", "small2000.2000"], "the log shrank");
    folder.refuses(&["-dir", "small0", "-index", "0", "-entry", "entry"], "entry 0");
}
