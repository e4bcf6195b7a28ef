//! A PostgreSQL server of our own, from Debian's package, for the tests of one process.
//!
//! Why not the machine's: a test wants a server that it may stop and kill, of the version that we promise (15), with
//! nothing of anybody else in it. It listens on a socket in its folder only, which nobody but its user may enter.
//!
//! Invariant: the server ends with this process, however that ends: a shell keeps it and reads from a pipe that only
//! this process holds; when the pipe closes, it stops the server and removes the folder.

use crate::wait::until_said;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tegata_domain::time::Timestamp;
use tegata_keys::profile;
use tegata_keys::signer::Signer;

/// Where Debian's `postgresql-15` has its programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// The role that owns all.
const ROLE: &str = "tegata";

/// Arguments: the folder, then the server's command. A line stops the server; the end of the pipe removes it too.
const KEEPER: &str = r#"folder=$1; shift
"$@" & server=$!
read -r line; last=$?
kill -QUIT "$server"; kill -CONT "$server"; wait "$server"
[ "$last" = 0 ] || rm -rf "$folder""#;

/// The URL of a fresh database, where the tests run on PostgreSQL: `TEGATA_TEST_ENGINE=postgres`.
pub fn chosen() -> Option<String> {
    is_chosen().then(|| Postgres::shared().database())
}

/// Whether the tests run on PostgreSQL.
pub fn is_chosen() -> bool {
    std::env::var("TEGATA_TEST_ENGINE").is_ok_and(|engine| engine == "postgres")
}

/// Whether the server waits for the disk at each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// As in production.
    Synced,
    /// For tests in which the machine does not fall: many times faster.
    Unsynced,
}

/// A server that runs, or was stopped.
pub struct Postgres {
    folder: PathBuf,
    disk: Disk,
    /// Where it is reached over TCP; `None`: by its socket alone.
    address: Option<String>,
    keeper: Mutex<Option<Child>>,
    made: AtomicU32,
}

fn uid() -> u32 {
    fs::metadata("/proc/self").expect("/proc is mounted").uid()
}

/// The user that the server runs as: it refuses to be root.
#[derive(Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// Another one than ours; `None` where ours will do.
    fn other() -> Option<User> {
        (uid() == 0).then(|| {
            let known = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
            let line = known.lines().find_map(|line| line.strip_prefix("postgres:"));
            let line = line.expect("Debian's postgresql-15 brings the user postgres: apt-get install postgresql-15");
            let mut numbers = line.split(':').skip(1).map_while(|field| field.parse().ok());
            let (uid, gid) = numbers.next().zip(numbers.next()).expect("a line of passwd has uid and gid");
            User { uid, gid }
        })
    }
}

/// One of PostgreSQL's programs, as the user that the server has.
fn program(name: &str) -> Command {
    let path = Path::new(PROGRAMS).join(name);
    assert!(path.exists(), "{} is absent: apt-get install postgresql-15", path.display());
    as_user(Command::new(path))
}

fn as_user(mut command: Command) -> Command {
    if let Some(User { uid, gid }) = User::other() {
        command.uid(uid).gid(gid);
    }
    command.current_dir("/");
    command
}

fn done(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A folder that the server's user owns, short enough for the name of a socket.
fn folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("tegata-pg-").tempdir().expect("a temporary folder").keep();
    if let Some(User { uid, gid }) = User::other() {
        chown(&folder, Some(uid), Some(gid)).expect("root may give a folder away");
    }
    folder
}

/// An empty data folder, made once a target folder and user: `initdb` takes longer than all that most tests do.
fn template() -> &'static Path {
    // of several tests in this process, one makes it and the others wait
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(make_template)
}

fn make_template() -> PathBuf {
    let exe = std::env::current_exe().expect("a program knows its path");
    let at = exe.ancestors().find(|a| a.ends_with("deps")).and_then(Path::parent).or(exe.parent());
    let template = at.expect("a program lies in a folder").join(format!("postgres-15-{}", uid()));
    if !template.exists() {
        let (made, copied) = (folder(), template.with_extension(std::process::id().to_string()));
        let data = made.join("data");
        let args = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username", ROLE, "-D"];
        done(program("initdb").args(args).arg(&data));
        done(Command::new("cp").arg("-r").arg(&data).arg(&copied));
        // another process may have been first: its copy is as good
        if fs::rename(&copied, &template).is_err() {
            let _left = fs::remove_dir_all(&copied);
        }
        let _left = fs::remove_dir_all(made);
    }
    template
}

/// Writes a root, a certificate of `localhost` under it, its key, and who may come how.
fn certify(folder: &Path) {
    let now = Timestamp::from_millis(1_700_000_000_000);
    let validity = [now, now.plus(Duration::from_secs(20 * 365 * 24 * 3600))];
    let (signer, _) = Signer::generate_p256().expect("keys can be made");
    let name = profile::authority_name("Example Works", "Database Authority");
    let root = profile::root(&signer, [1; 16], &name, validity, Some(0)).expect("keys can sign");
    let names = ["localhost".to_owned()];
    let (leaf, key) = profile::server(&signer, &root, [2; 16], &names, validity).expect("keys can sign");
    let pem = |what: &str, der: &[u8]| {
        let text = data_encoding::BASE64.encode(der);
        format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n")
    };
    let access = "local all all trust\nhostssl all all 127.0.0.0/8 trust\n";
    for (file, text) in [
        ("roots.pem", pem("CERTIFICATE", &root)),
        ("chain.pem", pem("CERTIFICATE", &leaf)),
        ("key.pem", pem("PRIVATE KEY", &key)),
        ("access", access.into()),
    ] {
        let path = folder.join(file);
        fs::write(&path, text).expect("our folder can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our file");
        if let Some(User { uid, gid }) = User::other() {
            chown(&path, Some(uid), Some(gid)).expect("root may give a file away");
        }
    }
}

impl Postgres {
    /// The server that all tests of this process share. It is not synced.
    pub fn shared() -> &'static Postgres {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Postgres::start(Disk::Unsynced))
    }

    /// A server for one test, which may stop it.
    pub fn start(disk: Disk) -> Postgres {
        Self::begin(disk, None)
    }

    /// A server for one test that other machines may reach: over TCP under TLS, which a root of its own vouches for
    /// ([`Postgres::roots`], [`Postgres::remote`]).
    pub fn start_secure() -> Postgres {
        static MADE: AtomicU32 = AtomicU32::new(0);
        // an address that no other server of the tests takes: the port is PostgreSQL's own
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = format!("127.{}.{high}.{low}", 77 + MADE.fetch_add(1, Relaxed));
        Self::begin(Disk::Unsynced, Some(address))
    }

    fn begin(disk: Disk, address: Option<String>) -> Postgres {
        let (folder, template) = (folder(), template());
        let data = folder.join("data");
        done(Command::new("cp").arg("-r").arg(template).arg(&data));
        if let Some(User { uid, gid }) = User::other() {
            done(Command::new("chown").arg("-R").arg(format!("{uid}:{gid}")).arg(&data));
        }
        done(Command::new("chmod").arg("0700").arg(&data));
        if address.is_some() {
            certify(&folder);
        }
        let server = Postgres { folder, disk, address, keeper: Mutex::new(None), made: AtomicU32::new(0) };
        server.go_on();
        server
    }

    /// Starts it again after [`Postgres::halt`].
    pub fn go_on(&self) {
        let log = File::create(self.log()).expect("the log can be written");
        let second = log.try_clone().expect("a file has a second handle");
        let synced = if self.disk == Disk::Synced { "on" } else { "off" };
        let mut keeper = as_user(Command::new("/bin/sh"));
        keeper.args(["-c", KEEPER, "keeper"]).arg(&self.folder).arg(Path::new(PROGRAMS).join("postgres"));
        keeper.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        for setting in ["listen_addresses=", "max_connections=200"] {
            keeper.args(["-c", setting]);
        }
        keeper.args(["-c", &format!("fsync={synced}"), "-c", &format!("full_page_writes={synced}")]);
        if let Some(address) = &self.address {
            let file = |name: &str| self.folder.join(name).display().to_string();
            let (chain, key, access) = (file("chain.pem"), file("key.pem"), file("access"));
            for setting in [
                &format!("listen_addresses={address}"),
                "ssl=on",
                &format!("ssl_cert_file={chain}"),
                &format!("ssl_key_file={key}"),
                &format!("hba_file={access}"),
            ] {
                keeper.args(["-c", setting]);
            }
        }
        // a group of its own: an interrupt at the terminal ends this process, and with it the pipe
        keeper.process_group(0).stdin(Stdio::piped()).stdout(log).stderr(second);
        let child = keeper.spawn().expect("a shell can be run");
        *self.keeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let ready = || {
            let state = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
            state.lines().nth(7).filter(|line| line.trim() == "ready").map(|_| ())
        };
        let said = || fs::read_to_string(self.log()).unwrap_or_default();
        let ended = || said().contains("database system is shut down").then(|| panic!("PostgreSQL ended: {}", said()));
        // it is not root: a disk may be full for it that is not full for us, and then its log is empty
        let room = || rustix::fs::statvfs(&self.folder).map_or(0, |disk| disk.f_bavail * disk.f_frsize / 1_000_000);
        let told = || format!("(disk: {} MB free for its user): {}", room(), said());
        until_said("PostgreSQL is ready", || ready().or_else(ended), told);
    }

    /// Stops it at once, as a crash would: nothing is written that was not.
    pub fn halt(&self) {
        let child = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut child = child.expect("it runs");
        let pipe = child.stdin.take();
        writeln!(pipe.expect("the pipe is ours")).expect("the keeper reads");
        child.wait().expect("our own child can be waited for");
    }

    /// All of it stands still until [`Postgres::thaw`]: it takes connections, and says nothing.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// It goes on where it was.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// The server first: from then on it makes no more processes.
    fn signal(&self, name: &str) {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("it runs");
        let server = file.lines().next().expect("a process id").to_owned();
        let send = |pid: &str| {
            // the shell has kill as a word of its own; a process may have ended by itself
            let sent = Command::new("/bin/sh").args(["-c", "kill -\"$0\" \"$1\" 2> /dev/null", name, pid]).status();
            sent.expect("a shell can be run").success()
        };
        assert!(send(&server), "SIG{name} to the server");
        for entry in fs::read_dir("/proc").expect("/proc is mounted").flatten() {
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            // the parent is the second field after the name, which is in brackets
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
            if parent == Some(&server) {
                send(&entry.file_name().to_string_lossy());
            }
        }
    }

    /// A fresh, empty database: its URL.
    pub fn database(&self) -> String {
        let name = format!("t{}", self.made.fetch_add(1, Relaxed));
        self.run("postgres", &format!("create database {name} template template0"));
        self.url(&name)
    }

    /// The URL of a database: the socket's folder stands where a host would.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.to_str().expect("our folder has a plain name").replace('/', "%2F");
        format!("postgres://{ROLE}@{folder}/{database}")
    }

    /// The URL of a database of [`Postgres::start_secure`], over TCP.
    pub fn remote(&self, database: &str) -> String {
        let address = self.address.as_deref().expect("the test started a server that is reached over TCP");
        format!("postgres://{ROLE}@localhost/{database}?hostaddr={address}&sslmode=require")
    }

    /// The PEM file of the root behind that server's certificate.
    pub fn roots(&self) -> PathBuf {
        self.folder.join("roots.pem")
    }

    /// Runs SQL by `psql`; a column is ended by `|`, a row by a new line.
    pub fn run(&self, database: &str, sql: &str) -> String {
        let mut psql = program("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database)]);
        done(psql.args(["-c", sql]))
    }

    /// A copy of a database that nobody is connected to: its URL.
    pub fn copy(&self, database: &str) -> String {
        let name = format!("t{}", self.made.fetch_add(1, Relaxed));
        self.run("postgres", &format!("create database {name} template {database}"));
        self.url(&name)
    }

    /// Where the server's tables are, as they are on disk now.
    pub fn tables(&self) -> PathBuf {
        self.run("postgres", "checkpoint");
        self.folder.join("data/base")
    }

    /// The same of one database.
    pub fn files(&self, database: &str) -> PathBuf {
        let oid = self.run(database, "select oid from pg_database where datname = current_database()");
        self.tables().join(oid.trim())
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut child) = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(child.stdin.take());
            let _ended = child.wait();
        } else {
            let _left = fs::remove_dir_all(&self.folder);
        }
    }
}
