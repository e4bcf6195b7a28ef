//! An expired token on every route. In this process, since only here the clock can be moved; the routes are
//! those that the program serves.

use crate::case::all;
use axum::Extension;
use axum::body::Body;
use http::{Request, header};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tegata::clock::SystemChance;
use tegata::wiring::{Access, Method, table};
use tegata_domain::permit::Role;
use tegata_domain::time::{Clock, ClockJumped, Timestamp};
use tegata_usecase::cx::Names;
use tegata_usecase::login::{self, Attempt, Step};
use tegata_usecase::peer::Peer;
use tegata_usecase::platform::{self, Initialised, NewPlatform, Opening};
use tegata_usecase::{Cx, token};
use tower::ServiceExt;

/// A clock that stands until it is moved. Milliseconds.
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Result<Timestamp, ClockJumped> {
        Ok(Timestamp::from_millis(self.0.load(Ordering::SeqCst)))
    }
}

/// A platform under the clock, and its administrator's token.
async fn open(folder: &std::path::Path, clock: Arc<Hands>) -> (Cx, Initialised) {
    let url = |scheme: &str| format!("{scheme}://localhost");
    let names = Names { public_url: url("https"), device_url: url("https"), plain_url: url("http") };
    let new = NewPlatform {
        folder: folder.join("data"),
        unlock: None,
        database: None,
        names,
        organisation: "Clockmakers".into(),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        chance: Arc::new(SystemChance),
    };
    let first = platform::init(new).await.unwrap();
    let opening = Opening {
        folder: first.folder.clone(),
        unlock: None,
        database: Default::default(),
        settings: Default::default(),
        clock,
        chance: Arc::new(SystemChance),
    };
    (platform::open(opening).await.unwrap(), first)
}

async fn status(cx: &Cx, at: (Method, &str), token: &str) -> u16 {
    shown(cx, at, (header::AUTHORIZATION, format!("Bearer {token}"))).await
}

async fn shown(cx: &Cx, (method, path): (Method, &str), (name, value): (header::HeaderName, String)) -> u16 {
    let peer = Peer { address: IpAddr::from([127, 0, 0, 1]), certificate: None };
    let router = table().secure().with_state(cx.clone()).layer(Extension(peer));
    let request = Request::builder().method(format!("{method:?}").to_uppercase().as_str()).uri(path);
    let request = request.header(name, value).body(Body::empty()).unwrap();
    router.oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn an_expired_token_is_an_unknown_one() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
    let (cx, Initialised { token: administrator, .. }) = open(folder.path(), Arc::clone(&clock)).await;
    let actor = token::authenticate(&administrator, &cx).await.unwrap();
    let new = token::NewToken { name: "short".into(), role: Role::Administrator, life: Duration::from_secs(60) };
    let (_, short) = token::create(new, &actor, &cx).await.unwrap();
    let cases = all();
    let tokens = cases.iter().filter(|case| case.access == Access::Token);
    // parameters as they stand: a path like any other, whose credential is judged before it
    let routes: Vec<_> = tokens.map(|case| (case.method, case.route.replace(['{', '}'], ""))).collect();
    assert!(routes.len() > 20);
    clock.0.fetch_add(59_999, Ordering::SeqCst);
    for (method, path) in &routes {
        let got = status(&cx, (*method, path), &short).await;
        assert!(![401, 403].contains(&got), "{method:?} {path} with a token that still holds: {got}");
    }
    clock.0.fetch_add(1, Ordering::SeqCst);
    for case in cases.iter().filter(|case| case.access != Access::Token) {
        let at = (case.method, &*case.route.replace(['{', '}'], ""));
        let expired = status(&cx, at, &short).await;
        match case.access {
            Access::Device => assert_eq!(expired, 401, "{} with an expired token", case.route),
            Access::Public => assert_eq!(expired, status(&cx, at, "").await, "{} asks for nothing", case.route),
            // led to where one logs in
            Access::Login => assert_eq!(expired, 303, "{} with an expired token", case.route),
            Access::Token => {}
        }
    }
    for (method, path) in &routes {
        assert_eq!(status(&cx, (*method, path), &short).await, 401, "{method:?} {path} with an expired token");
        assert_ne!(status(&cx, (*method, path), &administrator).await, 401, "{method:?} {path}: the other still holds");
    }
}

#[tokio::test]
async fn a_login_ends_when_it_is_not_used_and_in_any_case() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
    let (cx, first) = open(folder.path(), Arc::clone(&clock)).await;
    let attempt = Attempt { source: IpAddr::from([127, 0, 0, 1]), agent: "a browser", known: None };
    let mut secrets = Vec::new();
    for _ in 0..2 {
        match login::password(&first.user, &first.password, attempt, &cx).await.unwrap() {
            Step::Opened(opened) => secrets.push(opened.secret),
            Step::Factor(_) => panic!("no second factor is set up"),
        }
    }
    let page = async |secret: &str| {
        let cookie = (header::COOKIE, format!("__Host-tegata={secret}"));
        shown(&cx, (Method::Get, "/console/account"), cookie).await
    };
    let [used, unused] = [&secrets[0], &secrets[1]];
    let hour = 3_600_000;
    assert_eq!((page(used).await, page(unused).await), (200, 200));
    for _ in 0..16 {
        clock.0.fetch_add(11 * hour, Ordering::SeqCst);
        let alive = clock.0.load(Ordering::SeqCst) < 1_800_000_000_000 + 7 * 24 * hour;
        assert_eq!(page(used).await, if alive { 200 } else { 303 });
    }
    assert_eq!(page(unused).await, 303);
}
