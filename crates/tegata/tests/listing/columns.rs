//! Every route × credentials that are somebody's, but open nothing here: tokens of devices, tokens that ended, of another
//! organisation or of a small role where none is taken, another device's certificate, two identities at once.
//!
//! Together with `routes` (nobody, unknown, ended, another's, too small a role, wrong door), `expired` and `doors` these
//! are the columns of the list. What is expected follows from who may call a route, so a new line is in all of them.

use crate::case::{Case, all};
use crate::routes::{ask, expect, of};
use crate::stock::Stock;
use serde_json::json;
use tegata::wiring::Access;
use tegata_domain::permit::Role;
use tegata_testkit::factory::{self, Unit};
use tegata_testkit::{Api, Setup};

/// A new token of a device for its updates; the one before it opens nothing any more.
fn target_token(stock: &Stock, unit: &Unit) -> String {
    let path = format!("/api/v1/devices/{}/token", unit.number);
    format!("TargetToken {}", factory::text(&stock.maker.post(&path, &json!({})).expect(200).json(), "token"))
}

/// A column: who asks, over which connection, with which header, and the status on a route.
struct Column<'a> {
    who: &'static str,
    api: Api,
    header: Option<&'a str>,
    status: Box<dyn Fn(&Case) -> u16 + 'a>,
}

fn column<'a>(who: &'static str, api: &Api, header: Option<&'a str>, status: impl Fn(&Case) -> u16 + 'a) -> Column<'a> {
    Column { who, api: api.clone(), header, status: Box::new(status) }
}

/// Calls every route of this access as each; answers how many calls there were.
fn call(stock: &Stock, access: Access, columns: &[Column<'_>]) -> usize {
    let cases = all();
    let mut calls = 0;
    for Column { who, api, header, status } in columns {
        for case in of(&cases, access) {
            let message = case.message(stock);
            let message = header.iter().fold(message, |message, value| message.header("authorization", *value));
            let (got, _) = ask(who, api, message);
            expect(case, who, got, status(case));
            calls += 1;
        }
    }
    println!("{access:?}: {calls} calls in {} columns", columns.len());
    calls
}

/// Routes under a device's own address.
fn is_update(case: &Case) -> bool {
    case.route.contains("/controller/v1/")
}

#[test]
fn device_routes_open_to_the_device_itself_alone() {
    let stock = Stock::new(Setup::default());
    let public = stock.world.public();
    let (device, other) = (public.identity(&stock.unit.identity), stock.spare_unit());
    let (replaced, anothers) = (target_token(&stock, &stock.unit), target_token(&stock, &other));
    let own = target_token(&stock, &stock.unit);
    let as_bearer = own.replace("TargetToken", "Bearer");
    let before = stock.state();
    let refused = [
        column("an ended token", &public.bearer(&stock.ended.secret), None, |_| 401),
        column("a token of another organisation", &stock.stranger, None, |_| 401),
        column("an auditor", &stock.roles.last().expect("roles").1, None, |_| 401),
        column("a device and an ended token", &device.bearer(&stock.ended.secret), None, |_| 400),
        column("a device and its own token", &device, Some(&own), |_| 400),
        column("a token that was replaced", &public, Some(&replaced), |_| 401),
        column("a token of another device", &public, Some(&anothers), |_| 401),
        column("a device's token as one of the API", &public, Some(&as_bearer), |_| 401),
    ];
    assert!(call(&stock, Access::Device, &refused) > 100, "the matrix shrank");
    let another = public.identity(&other.identity);
    let updates: Vec<Case> = all().into_iter().filter(is_update).collect();
    assert!(updates.len() > 10);
    for case in &updates {
        let (got, _) = ask("another device", &another, case.message(&stock));
        expect(case, "another device", got, 404);
    }
    assert_eq!(stock.state(), before, "a refused call left a trace");
    let itself = |case: &Case| if is_update(case) { case.done } else { 401 };
    call(&stock, Access::Device, &[column("the device by its token", &public, Some(&own), itself)]);
}

#[test]
fn token_routes_take_no_token_of_a_device_and_no_two_identities() {
    let stock = Stock::new(Setup::default());
    let public = stock.world.public();
    let device = public.identity(&stock.unit.identity);
    let own = target_token(&stock, &stock.unit);
    let as_bearer = own.replace("TargetToken", "Bearer");
    // a role that is too small is not told so: two identities come first
    let auditor = device.bearer(&tegata_testkit::tenant::token(&stock.maker, Role::Auditor).secret);
    let before = stock.state();
    let refused = [
        column("a device's token", &public, Some(&own), |_| 401),
        column("a device's token as one of the API", &public, Some(&as_bearer), |_| 401),
        column("a device and its own token", &device, Some(&own), |_| 401),
        column("an ended token and a device", &device.bearer(&stock.ended.secret), None, |_| 400),
        column("an auditor and a device", &auditor, None, |_| 400),
    ];
    assert!(call(&stock, Access::Token, &refused) > 150, "the matrix shrank");
    assert_eq!(stock.state(), before, "a refused call left a trace");
}

#[test]
fn public_routes_are_the_same_for_everybody() {
    let stock = Stock::new(Setup::default());
    let public = stock.world.public();
    let device = public.identity(&stock.unit.identity);
    let own = target_token(&stock, &stock.unit);
    let same = |case: &Case| case.done;
    let all = [
        column("an ended token", &public.bearer(&stock.ended.secret), None, same),
        column("a token of another organisation", &stock.stranger, None, same),
        column("a device's token", &public, Some(&own), same),
        column("a device and a token", &device.bearer(&stock.world.first.token), None, same),
        column("no credential that there is", &public, Some("Basic eDp5"), same),
    ];
    assert!(call(&stock, Access::Public, &all) > 100, "the matrix shrank");
}
