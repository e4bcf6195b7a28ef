//! The ways in beside a password, walked through: what a person does, page by page, and what does not open.

use crate::ways::{ORIGIN, Provider, begun, between, code, leads, lent, make, opening, set_up};
use tegata_domain::permit::Role;
use tegata_testkit::console::{self, Console, PASSWORD, hidden};
use tegata_testkit::{Answer, Authenticator, Setup, World};

fn world() -> World {
    World::new(env!("CARGO_BIN_EXE_tegata"))
}

fn admin(world: &World) -> Console {
    let (name, password) = &world.first.login;
    Console::logged_in(&world.public(), name, password)
}

/// Where an answer leads.
fn led(answer: Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").to_owned()
}

/// A fresh browser in which a name and a password were typed.
fn typed(world: &World, (name, password): (&str, &str), next: &str) -> (Console, String) {
    let browser = Console::new(&world.public());
    let token = browser.page_token("/login");
    let with = [("token", &*token), ("name", name), ("password", password), ("next", next)];
    let led = led(browser.post("/login", &with));
    (browser, led)
}

/// Types a code.
fn enter(browser: &Console, code: &str) -> Answer {
    let page = browser.get("/login/factor?next=/console/devices").expect(200).text();
    let (token, next) = (hidden(&page, "token").unwrap(), hidden(&page, "next").unwrap());
    browser.post("/login/factor", &[("token", &token), ("next", &next), ("code", code)])
}

#[test]
fn a_code_is_asked_for_after_the_password() {
    let world = world();
    let browser = admin(&world);
    let before = browser.cookies();
    // a wrong code leaves the phone as it is
    let page = browser.get("/console/account/factor").expect(200).text();
    assert!(page.contains("id=\"factor-qr\""));
    let ticket = hidden(&page, "ticket").unwrap();
    let wrong = browser.act("/console/account/factor", &[("ticket", &ticket), ("code", "000000")]);
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    let seed = |page: &str| between(page, "id=\"factor-seed\"", "</pre>").to_owned();
    assert_eq!(seed(&page), seed(&wrong.text()));
    let (page, codes) = set_up(&browser);
    assert_eq!(codes.len(), 8);
    let old = Console::new(&world.public()).send(crate::console::get("/console").header("cookie", before));
    assert!(led(old).starts_with("/login?next="), "the weaker secret ended");
    assert!(browser.get("/console/account/factor").expect(200).text().contains("id=\"factor-codes\""));

    let own = (&*world.first.login.0, &*world.first.login.1);
    let (fresh, leads) = typed(&world, own, "/console/devices");
    assert_eq!(leads, "/login/factor?next=/console/devices");
    assert!(led(fresh.get("/console")).starts_with("/login?next="), "a password alone is not enough");
    assert_eq!(enter(&fresh, "000000").expect(401).header("content-type"), "text/html; charset=utf-8");
    let next = code(&page, 1);
    assert_eq!(led(enter(&fresh, &next)), "/console/devices");
    fresh.get("/console").expect(200);
    let (other, _) = typed(&world, own, "");
    assert_eq!(enter(&other, &next).status, 401, "a code opens once");
    assert_eq!(led(enter(&other, &codes[0])), "/console/devices");
    let (other, _) = typed(&world, own, "");
    assert_eq!(enter(&other, &codes[0]).status, 401, "a recovery code opens once");
    assert_eq!(led(Console::new(&world.public()).get("/login/factor")), "/login", "no ticket, no code");

    assert_eq!(led(fresh.act("/console/account/factor/end", &[])), "/console/account/factor");
    let (_, leads) = typed(&world, own, "");
    assert_eq!(leads, "/console");
}

#[test]
fn who_lacks_a_demanded_factor_is_led_to_where_it_is_set_up() {
    let world = world();
    let admin = admin(&world);
    let one = console::person(&world.api(), &world.public(), "one", Role::Engineer);
    let other = console::person(&world.api(), &world.public(), "other", Role::Engineer);
    set_up(&admin);
    assert_eq!(led(admin.act("/console/organisation/factor", &[("demanded", "1")])), "/console/organisation");
    for browser in [&one, &other] {
        assert_eq!(led(browser.get("/console/devices")), "/console/account/factor");
        let page = browser.get("/console/account/factor").expect(200).text();
        assert!(page.contains("/console/account/passkeys"), "it names the other way: {page}");
    }
    let page = one.get("/console/account/factor").expect(200).text();
    let with = [
        ("token", &*hidden(&page, "token").unwrap()),
        ("ticket", &*hidden(&page, "ticket").unwrap()),
        ("code", &*code(&page, 0)),
    ];
    one.post("/console/account/factor", &with).expect(200);
    one.get("/console/devices").expect(200);
    assert_eq!(one.act("/console/account/factor/end", &[]).status, 409, "it is demanded");

    let token = hidden(&other.get("/console/account/passkeys").expect(200).text(), "token").unwrap();
    let (options, ticket) = begun(&other.post("/console/account/passkeys/begin", &[("token", &token)]));
    let answer = Authenticator::new(ORIGIN).create(&options).unwrap();
    let with = [("token", &*token), ("ticket", &ticket), ("credential", &answer), ("name", "Key")];
    assert_eq!(led(other.post("/console/account/passkeys", &with)), "/console/account/passkeys");
    other.get("/console/devices").expect(200);
}

#[test]
fn a_passkey_is_made_named_used_and_taken_off() {
    let world = world();
    let (browser, mut key) = (admin(&world), Authenticator::new("http://localhost:8080"));
    make(&mut key, "Blue key", &browser);
    let page = browser.get("/console/account/passkeys").expect(200).text();
    assert!(page.contains("Blue key") && page.contains("data-begin="));
    let id = between(&page, "/console/account/passkeys/", "/name").rsplit('/').next().unwrap().to_owned();
    let path = |act: &str| format!("/console/account/passkeys/{id}/{act}");
    browser.act(&path("name"), &[("name", "Grün <b>")]).expect(303);
    assert_eq!(browser.act(&path("name"), &[("name", " ")]).status, 400);
    assert!(browser.get("/console/account/passkeys").expect(200).text().contains("Grün &#60;b&#62;"));

    let fresh = Console::new(&world.public());
    let fields = opening(&mut key, &fresh);
    assert_eq!(led(fresh.post("/login/passkey", &lent(&fields))), "/console");
    fresh.get("/console").expect(200);
    let again = Console::new(&world.public());
    let token = again.page_token("/login");
    let replayed = [("token", &*token), ("ticket", &*fields[1].1), ("credential", &*fields[2].1)];
    assert_eq!(again.post("/login/passkey", &replayed).status, 401, "an answer opens once");
    // as a browser without script sends the form
    let without = again.post("/login/passkey", &[("token", &token), ("ticket", ""), ("credential", "")]);
    assert!(without.status == 400 && without.text().contains("<h1>"), "{}", without.text());
    key.origin = "https://evil.example".into();
    let fields = opening(&mut key, &again);
    assert_eq!(again.post("/login/passkey", &lent(&fields)).status, 401, "another site's page asked for it");
    assert_eq!(led(browser.act(&path("end"), &[])), "/console/account/passkeys");
    key.origin = ORIGIN.into();
    let fields = opening(&mut key, &again);
    assert_eq!(again.post("/login/passkey", &lent(&fields)).status, 401, "it was taken off");
}

#[test]
fn an_invitation_is_taken_up_with_a_passkey() {
    let world = world();
    let asked = serde_json::json!({ "role": "engineer", "note": "berta" });
    let made = world.api().post("/api/v1/invitations", &asked).expect(201).json();
    let path = format!("/invitation/{}", made["link"].as_str().unwrap().split_once("/invitation/").unwrap().1);
    let (browser, mut key) = (Console::new(&world.public()), Authenticator::new(ORIGIN));
    let token = browser.page_token(&path);
    let begin = |name: &str| browser.post(&format!("{path}/passkey/begin"), &[("token", &token), ("name", name)]);
    assert_eq!(begin("no name").status, 400);
    let (options, ticket) = begun(&begin("berta"));
    let answer = key.create(&options).unwrap();
    let take = |credential: &str| {
        let with = [("token", &*token), ("name", "berta"), ("ticket", &ticket), ("credential", credential)];
        browser.post(&format!("{path}/passkey"), &with)
    };
    assert_eq!(take("").status, 400, "no script, no passkey");
    assert_eq!(led(take(&answer)), "/console");
    assert_eq!(browser.get(&path).status, 410, "the link works once");
    let page = browser.get("/console/account").expect(200).text();
    assert!(page.contains("berta") && !page.contains("id=\"present\""), "there is no password: {page}");
    let fresh = Console::new(&world.public());
    let fields = opening(&mut key, &fresh);
    assert_eq!(led(fresh.post("/login/passkey", &lent(&fields))), "/console");
}

#[test]
fn a_provider_vouches_for_whom_it_was_connected_with() {
    let provider = Provider::start();
    let setup = Setup { environment: provider.environment().into(), ..Setup::default() };
    let world = World::with(env!("CARGO_BIN_EXE_tegata"), setup);
    let come = |subject: &str| {
        let browser = Console::new(&world.public());
        let page = browser.get("/login?next=/console/devices").expect(200).text();
        let link = between(&page, "id=\"provider-enter\" href=\"", "\"").to_owned();
        let away = led(browser.get(&link));
        let back = provider.back(&away, (subject, None));
        (browser, back)
    };
    let (browser, back) = come("anna-7");
    assert_eq!(browser.get(&back).status, 401, "nobody is connected");
    let admin = admin(&world);
    let page = admin.get("/console/account/provider").expect(200).text();
    assert_eq!(led(admin.get(&provider.back(&leads(&page), ("anna-7", None)))), "/console/account/provider");
    assert!(admin.get("/console/account/provider").expect(200).text().contains("id=\"provider-end\""));

    let (browser, back) = come("anna-7");
    assert_eq!(browser.get(&back.replace("state=", "state=x")).status, 401, "another state");
    let (browser, back) = come("anna-7");
    assert_eq!(Console::new(&world.public()).get(&back).status, 401, "another browser");
    assert_eq!(led(browser.get(&back)), "/console/devices");
    browser.get("/console/devices").expect(200);
    assert_eq!(browser.get(&back).status, 401, "it is used up");
    let browser = Console::new(&world.public());
    let away = led(browser.get("/login/provider"));
    assert_eq!(browser.get(&provider.back(&away, ("anna-7", Some("AAAA")))).status, 401, "another nonce");

    assert_eq!(led(admin.act("/console/account/provider/end", &[])), "/console/account");
    let (browser, back) = come("anna-7");
    assert_eq!(browser.get(&back).status, 401, "the connection ended");
}

#[test]
fn who_confirms_to_be_there_goes_on_where_she_was() {
    let world = world();
    let browser = admin(&world);
    let before = browser.cookies();
    let page = browser.get("/login?again=1&next=/console/account/factor").expect(200).text();
    assert!(page.contains("value=\"admin\""), "her name stands there: {page}");
    let with = [
        ("token", &*hidden(&page, "token").unwrap()),
        ("name", &*world.first.login.0),
        ("password", &*world.first.login.1),
        ("next", &*hidden(&page, "next").unwrap()),
        ("again", "1"),
    ];
    assert_eq!(led(browser.post("/login", &with)), "/console/account/factor");
    let old = Console::new(&world.public()).send(crate::console::get("/console").header("cookie", before));
    assert!(led(old).starts_with("/login?next="), "the login before ended");
    browser.get("/console").expect(200);
}

#[test]
fn an_administrator_at_the_machine_gives_a_new_way_in() {
    let mut world = world();
    set_up(&admin(&world));
    let reset = |world: &World, name: &str| {
        let mut command = world.command();
        command.args(["account", "reset", "--json", "--name", name, "--data"]).arg(world.data());
        command.output().unwrap()
    };
    let beside = reset(&world, "admin");
    assert!(!beside.status.success(), "the platform runs on its folder: {beside:?}");
    world.terminate();
    let unknown = reset(&world, "nobody");
    assert!(!unknown.status.success() && unknown.stdout.is_empty());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no such account"), "{unknown:?}");
    let made = reset(&world, "Admin");
    assert!(made.status.success(), "{made:?}");
    let said: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let path = format!("/invitation/{}", said["link"].as_str().unwrap().split_once("/invitation/").unwrap().1);
    world.start();
    let browser = Console::new(&world.public());
    let token = browser.page_token(&path);
    let with = [("token", &*token), ("name", "admin"), ("password", PASSWORD)];
    assert_eq!(led(browser.post(&path, &with)), "/console", "the second factor is gone, too");
    assert_eq!(browser.get(&path).status, 410, "it works once");
    assert!(browser.get("/console/audit").expect(200).text().contains("gave a person a new way in"));
    let (name, password) = &world.first.login;
    assert_eq!(Console::new(&world.public()).enter(name, password).status, 401);
}
