//! Every route × every kind of credential; what is expected follows from who may call the route.

use crate::case::{Case, all, word};
use crate::stock::Stock;
use tegata::wiring::{Access, Method, Route, table};
use tegata_domain::id::OrganisationRow;
use tegata_domain::organisation::{Kinds, OrganisationKind};
use tegata_domain::permit::{Actor, Member, Role, Subject};
use tegata_testkit::api::Message;
use tegata_testkit::{Answer, Api, Setup, factory};

#[test]
fn every_route_is_listed() {
    let (routes, cases) = (table().routes, all());
    let unlisted: Vec<&Route> = routes.iter().filter(|route| !cases.iter().any(|case| case.is_of(route))).collect();
    assert!(unlisted.is_empty(), "unlisted route: give each a line in tests/listing: {unlisted:#?}");
    let stale: Vec<&str> =
        cases.iter().filter(|case| !routes.iter().any(|r| case.is_of(r))).map(|case| case.route).collect();
    assert!(stale.is_empty(), "lines of routes that wiring has not (any more): {stale:?}");
}

/// The browser's tests hold their list of pages against this one (`tests/foreign/browser/routes.py`).
#[test]
fn every_route_is_written_down() {
    let line = |route: &Route| {
        let (access, door) = (format!("{:?}", route.access), format!("{:?}", route.door));
        format!("{access:<6} {door:<6} {:<6} {}", word(route.method), route.path)
    };
    let lines: Vec<String> = table().routes.iter().map(line).collect();
    insta::assert_snapshot!("every-route", lines.join("\n"));
}

/// Sends, and holds every refusal to its form.
pub fn ask(who: &str, api: &Api, message: Message) -> (u16, Answer) {
    let what = format!("{who}: {} {}", message.method, message.path);
    let answer = api.call(message);
    if answer.status >= 400 {
        let kind = answer.header("content-type");
        let problem = answer.json();
        // update clients know another form; what no handler saw is a problem there too
        if kind == "application/json" && what.contains("/controller/v1/") {
            assert!(problem["errorCode"].as_str().is_some_and(|c| c.starts_with("hawkbit.")), "{what}: {problem}");
            assert!(problem["message"].as_str().is_some_and(|m| m.len() > 10), "{what}: {problem}");
            return (answer.status, answer);
        }
        assert_eq!(kind, "application/problem+json", "{what}: {}", answer.text());
        assert_eq!(problem["status"], answer.status, "{what}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|d| d.len() > 10), "{what}: {problem}");
    }
    (answer.status, answer)
}

/// The status of a call, with who called what where it is another one.
#[track_caller]
pub fn expect(case: &Case, who: &str, got: u16, expected: u16) {
    assert_eq!(got, expected, "{:?} {} as {who}", case.method, case.route);
}

/// The lines of this access.
pub fn of(cases: &[Case], access: Access) -> impl Iterator<Item = &Case> {
    cases.iter().filter(move |case| case.access == access)
}

/// Credentials that are none on a token route: with the status that they get.
fn strangers_to_tokens(stock: &Stock) -> Vec<(&'static str, Api, u16)> {
    let public = stock.world.public();
    let (device, foreign) = (public.identity(&stock.unit.identity), public.identity(&stock.foreign));
    let token = &stock.world.first.token;
    let unknown = format!("tegata_{}", "A".repeat(43));
    vec![
        ("nobody", public.clone(), 401),
        ("an unknown token", public.bearer(&unknown), 401),
        ("no token of ours", public.bearer("nonsense"), 401),
        ("nothing after Bearer", public.bearer(""), 401),
        ("an ended token", public.bearer(&stock.ended.secret), 401),
        ("a device", device.clone(), 401),
        ("a self-made certificate", foreign.clone(), 401),
        ("a token and a device", device.bearer(token), 400),
        ("a token and a self-made certificate", foreign.bearer(token), 400),
        ("an unknown token and a device", device.bearer(&unknown), 400),
    ]
}

#[test]
fn token_routes_refuse_who_has_no_token() {
    let (stock, cases) = (Stock::new(Setup::default()), all());
    let before = stock.state();
    for (who, api, status) in strangers_to_tokens(&stock) {
        for case in of(&cases, Access::Token) {
            let (got, answer) = ask(who, &api, case.message(&stock));
            expect(case, who, got, status);
            let asks = answer.header("www-authenticate");
            assert_eq!(asks, if status == 401 { "Bearer" } else { "" }, "{} as {who}", case.route);
        }
    }
    assert_eq!(stock.state(), before, "a refused call left a trace");
}

/// What of the first organisation's an answer shows.
pub fn seen(stock: &Stock, answer: &Answer) -> Option<String> {
    let text = answer.text();
    stock.secrets().into_iter().find(|secret| text.contains(secret.as_str()))
}

#[test]
fn token_routes_show_nothing_to_another_organisation() {
    let (stock, cases) = (Stock::new(Setup::default()), all());
    let before = stock.state();
    for case in of(&cases, Access::Token) {
        let (got, answer) = ask("a stranger", &stock.stranger, case.message(&stock));
        expect(case, "a stranger", got, case.stranger);
        assert_eq!(seen(&stock, &answer), None, "{} shows a stranger what is not its own", case.route);
        if case.route.contains('{') {
            assert_eq!(case.stranger, 404, "{} names a thing", case.route);
        } else if case.method == Method::Get {
            let own = stock.maker.call(case.message(&stock));
            assert!(seen(&stock, &own).is_some(), "{} shows nothing to whose it is: nothing was tried", case.route);
        }
    }
    assert_eq!(stock.state(), before, "a stranger changed something");
}

/// Whether the table of rights lets `role` of the first organisation.
pub fn may(case: &Case, role: Role) -> bool {
    let kinds = [OrganisationKind::Platform, OrganisationKind::Maker, OrganisationKind::Operator];
    let organisation = OrganisationRow(1);
    let member = Member { organisation, kinds: Kinds::of(&kinds), role, name: "listing".into(), right: None };
    let operation = case.operation.expect("a token route takes a right");
    Actor::Member(member).permit(operation, Subject::of(organisation)).is_ok()
}

#[test]
fn token_routes_hold_the_table_of_roles() {
    let (stock, cases) = (Stock::new(Setup::default()), all());
    let (mut permitted, mut refused) = (0, 0);
    for case in of(&cases, Access::Token) {
        for (role, api) in stock.roles.iter().filter(|(role, _)| !may(case, *role)) {
            let message = case.message(&stock);
            let before = stock.state();
            let (got, answer) = ask(role.name(), api, message);
            expect(case, role.name(), got, 403);
            assert!(answer.text().contains(role.name()), "it says which role is too small: {}", answer.text());
            assert_eq!(stock.state(), before, "a refused {} left a trace", role.name());
            refused += 1;
        }
        for (role, api) in stock.roles.iter().filter(|(role, _)| may(case, *role)) {
            let (got, answer) = ask(role.name(), api, case.message(&stock));
            expect(case, role.name(), got, case.done);
            let problem =
                got == 200 && answer.header("content-type").contains("ndjson") && answer.text().contains("problem");
            assert!(!problem, "{} as {}: {}", case.route, role.name(), answer.text());
            permitted += 1;
        }
    }
    println!("role × token route: {permitted} permitted, {refused} refused");
    assert!(permitted > 60 && refused > 30, "the matrix shrank");
}

#[test]
fn device_routes_take_devices_only() {
    let (stock, cases) = (Stock::new(Setup::default()), all());
    let public = stock.world.public();
    let device = public.identity(&stock.unit.identity);
    let (held, ended) = (stock.spare_unit(), stock.spare_unit());
    factory::act(&stock.maker, &held.number, "quarantine");
    factory::act(&stock.maker, &ended.number, "retire");
    let token = &stock.world.first.token;
    let before = stock.state();
    for (who, api, status) in [
        ("nobody", public.clone(), 401),
        ("an administrator", public.bearer(token), 401),
        ("a self-made certificate", public.identity(&stock.foreign), 401),
        ("a certificate like a device's", public.identity(&stock.like), 401),
        ("a device and a token", device.bearer(token), 400),
        ("a device and an unknown token", device.bearer("nonsense"), 400),
        ("a self-made certificate and a token", public.identity(&stock.foreign).bearer(token), 400),
        ("a quarantined device", public.identity(&held.identity), 403),
        ("a retired device", public.identity(&ended.identity), 403),
    ] {
        for case in of(&cases, Access::Device) {
            let (got, _) = ask(who, &api, case.message(&stock));
            // one that is held may say that it ended: there its statement is judged, as that of any other device
            let ends = who == "a quarantined device" && case.route == "/agent/v1/erasure";
            expect(case, who, got, if ends { case.done } else { status });
        }
    }
    assert_eq!(stock.state(), before, "a refused call left a trace");
    for case in of(&cases, Access::Device) {
        let (got, _) = ask("the device", &device, case.message(&stock));
        expect(case, "the device", got, case.done);
    }
}

#[test]
fn public_routes_ask_for_nothing() {
    let (stock, cases) = (Stock::new(Setup::default()), all());
    let public = stock.world.public();
    for (who, api) in [
        ("nobody", public.clone()),
        ("an unknown token", public.bearer("nonsense")),
        ("an administrator", public.bearer(&stock.world.first.token)),
        ("a device", public.identity(&stock.unit.identity)),
        ("a self-made certificate", public.identity(&stock.foreign)),
    ] {
        for case in of(&cases, Access::Public) {
            let (got, _) = ask(who, &api, case.message(&stock));
            expect(case, who, got, case.done);
        }
    }
}

/// What wiring does not list is not there: no other method does anything.
#[test]
fn no_address_takes_another_method() {
    let (stock, cases) = (Stock::new(Setup::default()), all());
    let administrator = &stock.maker;
    let before = stock.state();
    for case in &cases {
        let path = case.message(&stock).path;
        let listed = |method: &str| {
            cases.iter().any(|c| c.route == case.route && format!("{:?}", c.method).to_uppercase() == method)
        };
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| !listed(method)) {
            let (got, answer) = ask("an administrator", administrator, Message::new(method, path.clone()));
            assert_eq!(got, 405, "{method} {}", case.route);
            assert!(!answer.header("allow").is_empty(), "{method} {}: which methods there are", case.route);
        }
    }
    assert_eq!(stock.state(), before);
}
