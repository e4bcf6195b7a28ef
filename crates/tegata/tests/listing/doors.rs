//! Every route × every door: what plain HTTP serves on loopback, and beyond it.

use crate::case::{Case, all};
use crate::stock::Stock;
use tegata::wiring::{Access, Door, Method, table};
use tegata_testkit::Setup;

/// Whoever shows a credential comes over HTTPS.
const SECURE: [&str; 4] = ["/api/v1/", "/.well-known/est/", "/agent/v1/", "/{tenant}/controller/v1/"];
/// What is signed by itself, and what tells no secret.
const BOTH: [&str; 9] = [
    "/crl/",
    "/ca/",
    "/ledger/keys",
    "/ledger/{log}/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/operation",
    "/api/openapi.json",
];

/// The door of a route, said here once more: a line moved in wiring by mistake does not move with it.
fn door(case: &Case) -> Door {
    let begins = |with: &[&str]| with.iter().any(|begin| case.route.starts_with(begin));
    match (begins(&SECURE), begins(&BOTH)) {
        (true, _) => Door::Secure,
        (_, true) => Door::Both,
        _ => Door::Page,
    }
}

#[test]
fn wiring_has_the_same_doors() {
    for case in all() {
        let route = table().routes.into_iter().find(|route| case.is_of(route)).expect("a line is one of a route");
        assert_eq!(route.door, door(&case), "{}", case.route);
    }
}

#[test]
fn plain_http_on_loopback_serves_pages_but_neither_api_nor_est() {
    let stock = Stock::new(Setup::default());
    let (plain, with_token) = (stock.world.plain(), stock.world.plain().bearer(&stock.world.first.token));
    let before = stock.state();
    let mut counts = [0; 2];
    // who logs in or takes an invitation up leaves what is to be left
    let begins = ["/login", "/invitation/{code}", "/claim"];
    let leaves = |case: &Case| {
        let sends = case.method == Method::Post && case.access == Access::Public;
        sends && begins.iter().any(|begin| case.route.starts_with(begin)) || case.route == "/login/provider/back"
    };
    for case in all().into_iter().filter(|case| !leaves(case)) {
        let expected = match (door(&case), case.access) {
            (Door::Secure, _) => 404,
            (_, Access::Login) => 303,
            _ => case.done,
        };
        for api in [&plain, &with_token] {
            let answer = api.call(case.message(&stock));
            assert_eq!(answer.status, expected, "{:?} {}: {}", case.method, case.route, answer.text());
        }
        counts[usize::from(expected == 404)] += 1;
    }
    assert_eq!(stock.state(), before);
    println!("routes on plain HTTP: {} served, {} not there", counts[0], counts[1]);
    assert!(counts.iter().all(|count| *count > 10));
}

#[test]
fn plain_http_beyond_loopback_leads_pages_to_https() {
    let init = ["--public-url", "https://public.test:8443"].map(str::to_owned).to_vec();
    let stock = Stock::new(Setup { init, http: "0.0.0.0:0".into(), ..Setup::default() });
    let plain = stock.world.plain();
    for case in all() {
        let message = case.message(&stock);
        let path = message.path.clone();
        let answer = plain.call(message);
        let expected = match door(&case) {
            Door::Secure => 404,
            Door::Page => 308,
            Door::Both => case.done,
        };
        assert_eq!(answer.status, expected, "{:?} {}: {}", case.method, case.route, answer.text());
        if expected == 308 {
            assert_eq!(answer.header("location"), format!("https://public.test:8443{path}"));
        }
    }
}
