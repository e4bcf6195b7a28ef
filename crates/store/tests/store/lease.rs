//! Many nodes: a database on which nothing commits any more is not read either, since it may be the wrong side of a cut.

use std::time::{Duration, Instant};
use tegata_store::{Database, ErrorKind, Mode, Store};
use tegata_testkit::{Disk, Postgres, wait};

/// Once in a while, as the background work does.
async fn hold(store: &Store) -> Result<bool, ErrorKind> {
    store.lease().hold().await.map_err(|error| error.kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_nothing_is_not_read() {
    let server = Postgres::start(Disk::Unsynced);
    let database = Database { wait: Duration::from_secs(1), ..Database::at(server.database()) };
    let folders = [0, 1].map(|_| tempfile::tempdir().unwrap());
    let node = |at: usize, mode| Store::connect(folders[at].path(), &database, mode, format!("node {at}")).unwrap();
    let (one, other) = (node(0, Mode::Create), node(1, Mode::Existing));
    assert_eq!((hold(&one).await, hold(&other).await), (Ok(true), Ok(false)));
    // what a primary has whose standbys are all on the other side: nobody to wait for
    let standbys = |names: &str| {
        server.run("postgres", &format!("alter system set synchronous_standby_names = '{names}'"));
        server.run("postgres", "select pg_reload_conf()");
    };
    standbys("nobody");
    let mut last = Instant::now();
    // who does not have the lease finds it too: what it asks with is a commit
    while hold(&other).await.is_ok() {
        last = Instant::now();
    }
    assert!(one.ping().is_ok() && other.ping().is_ok(), "a moment is no cut");
    let mut away = [None; 2];
    while away.iter().any(Option::is_none) {
        assert!(last.elapsed() < Duration::from_secs(40), "it is read for too long");
        for (store, away) in [&one, &other].into_iter().zip(&mut away) {
            let _fails = hold(store).await;
            *away = away.or_else(|| store.ping().err().map(|error| (error.kind, last.elapsed())));
        }
    }
    let [one_away, other_away] = away.map(|away| away.unwrap());
    assert_eq!((one_away.0, other_away.0), (ErrorKind::Away, ErrorKind::Away));
    // nor earlier: without a standby in step there is a moment in which nothing commits
    assert!(one_away.1 > Duration::from_secs(5) && other_away.1 > Duration::from_secs(5), "{away:?}");
    standbys("");
    let begin = Instant::now();
    for store in [&one, &other] {
        while hold(store).await.is_err() {
            assert!(begin.elapsed() < wait::BOUND, "nothing commits again");
        }
        assert!(store.ping().is_ok(), "and it is read again");
    }
}
