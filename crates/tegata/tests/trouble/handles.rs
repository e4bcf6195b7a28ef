//! File handles run out: who is connected stays, who comes waits, and nothing spins.

use crate::say;
use crate::stand::Stand;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tegata_testkit::api::Message;
use tegata_testkit::tls::{Client, TLS13};
use tegata_testkit::{Connection, Setup, World, wait};

/// Seconds of processor time that a process had.
pub fn processor(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    // USER_HZ is 100 on every Linux
    ticks as f64 / 100.0
}

/// The program behind another one that sets its limits: a script of its own.
pub fn wrapped(folder: &Path, by: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("wrapped");
    std::fs::write(&path, format!("#!/bin/sh\nexec {by} {} \"$@\"\n", crate::BINARY)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// Who does not get into the kernel's queue by then goes away.
const PATIENCE: Duration = Duration::from_millis(20);

fn open(world: &World) -> Option<Connection> {
    Connection::open(world.server().https, "localhost", &Client::new(&world.first.trust, TLS13, None)).ok()
}

#[test]
fn connections_leave_the_platform_its_own_handles() {
    let _alone = crate::alone();
    let folder = tempfile::tempdir().unwrap();
    let program = wrapped(folder.path(), "prlimit --nofile=300:300");
    let environment = vec![("TEGATA_LIMITS_SHARE_PERCENT".to_owned(), "100".to_owned())];
    let world = World::with(&program, Setup { environment, ..Setup::default() });
    assert!(world.server().log().contains("LimitNOFILE"), "it says that it has few handles");
    let mut held = open(&world).unwrap();
    let look = Message::new("GET", "/healthz");
    held.call(&look).unwrap().expect(200);
    let flood: Vec<TcpStream> =
        (0..400).filter_map(|_| TcpStream::connect_timeout(&world.server().https, PATIENCE).ok()).collect();
    let before = processor(world.server().pid());
    let start = Instant::now();
    let mut products = 0;
    while start.elapsed() < Duration::from_secs(2) {
        held.call(&look).unwrap().expect(200);
        let model = tegata_testkit::factory::new_product(&format!("HELD-{products}"));
        let message = Message::new("POST", "/api/v1/products").json(&model);
        held.call(&message.header("authorization", format!("Bearer {}", world.first.token))).unwrap().expect(201);
        products += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    let spent = processor(world.server().pid()) - before;
    assert!(spent < 1.0, "{spent} s of processor in 2 s");
    assert!(!world.server().log().contains("cannot be accepted"), "it never came to that");
    let crowd = flood.len();
    drop(flood);
    let back = Instant::now();
    wait::until("new connections are served", || open(&world)?.call(&look).ok());
    say(&format!(
        "300 handles, {crowd} connections: {products} writes on one that was there, {spent:.2} s of processor in 2 s; a \
         new one {:.0?} after the crowd went",
        back.elapsed()
    ));
}

#[test]
fn no_handle_left_is_said_and_waited_out() {
    let _alone = crate::alone();
    let stand = Stand::new(|_| {});
    let world = &stand.world;
    let mut held = open(world).unwrap();
    let look = Message::new("GET", format!("/d/{}", stand.unit.number)).header("accept", "application/json");
    held.call(&look).unwrap().expect(200);
    let pid = world.server().pid();
    let used = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let limit = |soft: usize| {
        let limited = Command::new("prlimit").args(["--pid", &pid.to_string(), &format!("--nofile={soft}:")]).status();
        assert!(limited.expect("prlimit (Debian: util-linux)").success());
    };
    limit(used + 3);
    let crowd: Vec<TcpStream> = (0..40).filter_map(|_| TcpStream::connect(world.server().https).ok()).collect();
    wait::until("it says so", || world.server().log().contains("cannot be accepted").then_some(()));
    let (before, start) = (processor(pid), Instant::now());
    let mut answered = 0;
    while start.elapsed() < Duration::from_secs(2) {
        held.call(&look).unwrap().expect(200);
        answered += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    let spent = processor(pid) - before;
    let said = world.server().log().matches("cannot be accepted").count();
    assert!(spent < 1.0, "it spins: {spent} s of processor in 2 s");
    assert!(said <= 4, "it says so {said} times");
    limit(1024);
    drop(crowd);
    wait::until("new connections are served", || open(world)?.call(&look).ok());
    stand.writes("HANDLES");
    say(&format!("no handle left: {answered} look-ups on one that was there, {spent:.2} s of processor in 2 s"));
}
