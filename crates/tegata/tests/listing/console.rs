//! The routes of who is logged in × browsers: nobody's, one whose login ended, another organisation's, every role's, two
//! identities at once, forms of other sites and without their token.

use crate::case::{Case, all as every};
use crate::routes::{expect, may, of, seen};
use crate::stock::Stock;
use tegata::wiring::{Access, Method};
use tegata_domain::permit::Operation::*;
use tegata_domain::permit::Role;
use tegata_testkit::api::Message;
use tegata_testkit::console::{self, Console, PASSWORD};
use tegata_testkit::{Answer, Setup};

/// A page.
pub fn get(path: impl Into<String>) -> Message {
    Message::new("GET", path).header("accept", "text/html")
}

/// A form.
pub fn form(path: impl Into<String>, with: &[(&str, &str)]) -> Message {
    Message::new("POST", path).body("application/x-www-form-urlencoded", console::fields(with))
}

/// The lines.
pub fn all() -> Vec<Case> {
    [own(), organisation(), crate::fleet::all(), crate::fleet::bulks()].into_iter().flatten().collect()
}

fn own() -> Vec<Case> {
    let house = |s: &Stock| form("/console/switch", &[("organisation", &s.world.first.organisation)]);
    let password = |_: &Stock| form("/console/account/password", &[("present", PASSWORD), ("next", PASSWORD)]);
    vec![
        Case::page("/console/account", ChangeSelf, |_| get("/console/account"))
            .through(&["login/read::of", "login/switch::houses"])
            .stranger(200),
        Case::form("/console/account/password", ChangeSelf, password)
            .through(&["account/password::change"])
            .stranger(303),
        Case::form("/console/account/language", ChangeSelf, |_| {
            form("/console/account/language", &[("language", "ja")])
        })
        .through(&["account/language::speak"])
        .stranger(303),
        Case::form("/console/account/logins/end", ChangeSelf, |_| form("/console/account/logins/end", &[]))
            .through(&["login/end::end_others"])
            .stranger(303),
        // a login of nobody: whose own it is ends it in a story
        Case::form("/console/account/logins/{id}/end", ChangeSelf, |s| {
            form(format!("/console/account/logins/{}/end", s.world.first.organisation), &[])
        })
        .through(&["login/end::end"])
        .answers(404),
        Case::form("/console/switch", ChangeSelf, house).through(&["login/switch::switch"]),
        // it is logged in anew for the next line
        Case::form("/invitation/{code}/join", ChangeSelf, |s| form(format!("{}/join", s.invitation()), &[]))
            .through(&["invitation/accept::join"])
            .answers(409)
            .stranger(303),
        // a device that is one's own already
        Case::form("/claim/join", ClaimDevice, |s| form("/claim/join", &[("code", &s.code())]))
            .through(&["transfer/claim::claim"])
            .answers(409)
            .stranger(303),
        Case::form("/logout", ChangeSelf, |_| form("/logout", &[])).stranger(303),
    ]
}

fn organisation() -> Vec<Case> {
    let member = |act: &'static str, with: &'static [(&'static str, &'static str)]| {
        move |s: &Stock| form(format!("/console/accounts/{}/{act}", s.spare_member()), with)
    };
    let token = [("name", "listed"), ("role", "auditor"), ("days", "1")];
    vec![
        Case::page("/console/organisation", ReadOrganisation, |_| get("/console/organisation")).stranger(200),
        Case::form("/console/organisation/contact", SetContact, |_| {
            form("/console/organisation/contact", &[("mail", "first@example.com")])
        })
        .stranger(303),
        Case::form("/console/organisation/factor", DemandFactor, |_| form("/console/organisation/factor", &[]))
            .through(&["organisation/demand::demand"])
            .stranger(303),
        Case::page("/console/accounts", ReadAccount, |_| get("/console/accounts"))
            .through(&["membership/read::list", "invitation/read::list"])
            .stranger(200),
        Case::form("/console/accounts/{id}/role", ChangeMember, member("role", &[("role", "auditor")]))
            .through(&["membership/change::change"]),
        Case::form("/console/accounts/{id}/link", ChangeMember, member("link", &[]))
            .through(&["invitation/create::again"])
            .answers(200),
        Case::form("/console/accounts/{id}/logins", EndLogin, member("logins", &[])).through(&["login/end::end_of"]),
        Case::form("/console/accounts/{id}/end", ChangeMember, member("end", &[])).through(&["membership/change::end"]),
        Case::form("/console/invitations", InviteAccount, |_| {
            form("/console/invitations", &[("note", "listed"), ("role", "auditor")])
        })
        .answers(200)
        .stranger(200),
        Case::form("/console/invitations/{id}/end", InviteAccount, |s| {
            form(format!("/console/invitations/{}/end", s.spare_invitation()), &[])
        }),
        Case::page("/console/tokens", ReadToken, |_| get("/console/tokens")).stranger(200),
        Case::form("/console/tokens", CreateToken, move |_| form("/console/tokens", &token)).answers(200).stranger(200),
        Case::form("/console/tokens/{id}/end", EndToken, |s| {
            form(format!("/console/tokens/{}/end", s.spare_token()), &[])
        }),
        Case::page("/console/audit", ReadAudit, |_| get("/console/audit"))
            .through(&["audit/read::newest"])
            .stranger(200),
    ]
}

/// Sends, and holds every page to its form: a document with one heading, for whoever is logged in with no words of
/// another.
fn ask(who: &str, browser: &Console, message: Message) -> Answer {
    let what = format!("{who}: {} {}", message.method, message.path);
    let answer = browser.send(message);
    if answer.status == 303 {
        assert!(answer.header("location").starts_with('/'), "{what}: {}", answer.header("location"));
        return answer;
    }
    let page = answer.text();
    // a mark of what is live: no page, and no words
    if answer.header("content-type") == "text/event-stream" {
        assert!(page.starts_with("retry: ") && page.len() < 1000, "{what}: {page}");
        return answer;
    }
    // what the script is told of a passkey that is to be made
    if answer.status == 200 && what.ends_with("/begin") {
        assert_eq!(answer.header("content-type"), "application/json", "{what}");
        assert!(answer.json()["publicKey"]["challenge"].is_string(), "{what}: {page}");
        return answer;
    }
    // a list as a file
    if answer.status == 200 && answer.header("content-disposition").starts_with("attachment") {
        return answer;
    }
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{what}: {page}");
    assert_eq!(page.matches("<h1").count(), 1, "{what}: {page}");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{what}");
    assert_eq!(
        (answer.header("cache-control"), answer.header("referrer-policy")),
        ("no-store", "same-origin"),
        "{what}"
    );
    answer
}

/// The message with the token of a login among its fields.
fn signed(case: &Case, stock: &Stock, token: &str) -> Message {
    let mut message = case.message(stock);
    if case.method == Method::Post {
        let more = console::fields(&[("token", token)]);
        let join = if message.body.is_empty() { "" } else { "&" };
        message.body.extend(format!("{join}{more}").bytes());
    }
    message
}

#[test]
fn pages_lead_who_is_not_logged_in_to_where_one_logs_in() {
    let (stock, cases) = (Stock::new(Setup::default()), every());
    let public = stock.world.public();
    let left = Console::logged_in(&public, "auditor", PASSWORD);
    let (cookies, token) = (left.cookies(), left.token());
    left.post("/logout", &[("token", &token)]).expect(303);
    let unknown = format!("__Host-tegata=tl_{}", "A".repeat(43));
    let before = stock.state();
    for (who, cookie) in [
        ("nobody", None),
        ("an unknown login", Some(&*unknown)),
        ("no login of ours", Some("__Host-tegata=x")),
        ("an ended login", Some(&*cookies)),
        ("two cookies of one name", Some("__Host-tegata=a; __Host-tegata=b")),
    ] {
        for case in of(&cases, Access::Login) {
            let message = cookie.iter().fold(signed(case, &stock, &token), |m, cookie| m.header("cookie", *cookie));
            let answer = ask(who, &Console::new(&public), message);
            expect(case, who, answer.status, 303);
            assert!(answer.header("location").starts_with("/login?next="), "{}", answer.header("location"));
        }
    }
    assert_eq!(stock.state(), before, "a refused call left a trace");
}

#[test]
fn a_login_beside_another_identity_is_refused() {
    let (stock, cases) = (Stock::new(Setup::default()), every());
    let public = stock.world.public();
    let (_, administrator) = &stock.people[0];
    let token = administrator.token();
    let device = administrator.through(&public.identity(&stock.unit.identity));
    let bearer = administrator.through(&public.bearer(&stock.world.first.token));
    for (who, browser) in [("a login and a device", &device), ("a login and a token", &bearer)] {
        for case in of(&cases, Access::Login) {
            let answer = ask(who, browser, signed(case, &stock, &token));
            expect(case, who, answer.status, 400);
        }
    }
    for case in of(&cases, Access::Token) {
        let answer = administrator.send(case.message(&stock));
        expect(case, "a login on the API", answer.status, 401);
    }
}

#[test]
fn forms_of_others_are_refused() {
    let (stock, cases) = (Stock::new(Setup::default()), every());
    let (_, administrator) = &stock.people[0];
    let (own, others) = (administrator.token(), stock.visitor.token());
    for case in of(&cases, Access::Login).filter(|case| case.method == Method::Post) {
        let plain = |token: &str| signed(case, &stock, token);
        let without = case.message(&stock);
        for (who, message) in [
            ("no token", without),
            ("another login's token", plain(&others)),
            ("an empty token", plain("")),
            ("a foreign origin", plain(&own).header("origin", "https://example.org")),
            ("no origin that is told", plain(&own).header("origin", "null")),
            ("another site", plain(&own).header("sec-fetch-site", "cross-site")),
            ("a sibling site", plain(&own).header("sec-fetch-site", "same-site")),
        ] {
            let answer = ask(who, administrator, message);
            expect(case, who, answer.status, 403);
        }
    }
}

#[test]
fn pages_show_nothing_to_another_organisation() {
    let (stock, cases) = (Stock::new(Setup::default()), every());
    // whoever has the code of a device owns it afterwards, and sees what it is
    let takes = |case: &Case| case.route == "/claim/join";
    for case in of(&cases, Access::Login).filter(|case| !leaves(case) && !takes(case)) {
        let token = stock.visitor.token();
        let answer = ask("a stranger", &stock.visitor, signed(case, &stock, &token));
        // who joins by an invitation was invited
        if case.route.starts_with("/invitation/") {
            continue;
        }
        expect(case, "a stranger", answer.status, case.stranger);
        assert_eq!(seen(&stock, &answer), None, "{} shows a stranger what is not its own", case.route);
    }
}

/// Lines after which the browser is logged in no more, or otherwise.
fn leaves(case: &Case) -> bool {
    matches!(case.route, "/logout" | "/console/switch")
}

#[test]
fn pages_hold_the_table_of_roles() {
    let (stock, cases) = (Stock::new(Setup::default()), every());
    let (mut permitted, mut refused) = (0, 0);
    for case in of(&cases, Access::Login) {
        for (role, kept) in &stock.people {
            let fresh = leaves(case).then(|| Console::logged_in(&stock.world.public(), role.name(), PASSWORD));
            let browser = fresh.as_ref().unwrap_or(kept);
            let answer = ask(role.name(), browser, signed(case, &stock, &browser.token()));
            if may(case, *role) {
                expect(case, role.name(), answer.status, case.done);
                permitted += 1;
            } else {
                expect(case, role.name(), answer.status, 403);
                assert!(answer.text().contains(role.name()), "it says which role is too small: {}", answer.text());
                refused += 1;
            }
        }
    }
    println!("role × page: {permitted} permitted, {refused} refused");
    assert!(permitted > 60 && refused > 30 && Role::ALL.len() == 5, "the matrix shrank");
}
