//! The ways in beside a password: their lines, and two people who have them all: one with a phone and recovery codes, one
//! with a passkey and an account at a provider of identity.

use crate::case::Case;
use crate::console::{form, get};
use crate::stock::Stock;
use data_encoding::BASE32_NOPAD;
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tegata::wiring::Method;
use tegata_domain::permit::Operation::ChangeSelf;
use tegata_domain::permit::Role;
use tegata_domain::time::Timestamp;
use tegata_keys::totp::{Seed, step};
use tegata_testkit::api::Message;
use tegata_testkit::console::{self, Console, PASSWORD, hidden};
use tegata_testkit::provider::{Page, Server, document, keys, signed, signer};
use tegata_testkit::{Answer, Api, Authenticator};

/// Where browsers are, unless `init` said otherwise.
pub const ORIGIN: &str = "https://localhost:8443";

/// The people, and what they prove themselves by.
pub struct Ways {
    /// Who vouches for one of them.
    pub provider: Provider,
    /// Where their browsers are.
    origin: String,
    phoned: Console,
    codes: RefCell<Vec<String>>,
    key: RefCell<Authenticator>,
}

/// A provider of identity that knows everybody by one name.
pub struct Provider(Server);

impl Provider {
    /// One that runs.
    pub fn start() -> Provider {
        let server = Server::start();
        server.put("/.well-known/openid-configuration", Page::json(&document(&server.base)));
        server.put("/keys", keys(&[("one", &signer(1))]));
        Provider(server)
    }

    /// What the platform is told of it.
    pub fn environment(&self) -> [(String, String); 3] {
        let setting = |name: &str, value: &str| (format!("TEGATA_OIDC_{name}"), value.to_owned());
        [setting("ISSUER", &self.0.base), setting("CLIENT_ID", "tegata"), setting("NAME", "Example ID")]
    }

    /// Where somebody who was led to `address` is sent back to: as this person there, answering this nonce, or the one asked.
    pub fn back(&self, address: &str, (subject, nonce): (&str, Option<&str>)) -> String {
        let (_, query) = address.split_once('?').expect("an address with a query");
        let query: BTreeMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let now = now().seconds();
        let claims = json!({
            "iss": self.0.base, "aud": "tegata", "sub": subject, "nonce": nonce.unwrap_or(query["nonce"]),
            "iat": now, "exp": now + 300, "auth_time": now,
        });
        let token = json!({ "token_type": "Bearer", "id_token": signed("one", &signer(1), &claims) });
        self.0.put("/token", Page::json(&token));
        let back = [("state", query["state"]), ("code", "code"), ("iss", &*self.0.base)];
        format!("/login/provider/back?{}", console::fields(&back))
    }
}

#[expect(clippy::disallowed_methods, reason = "a person's phone has the real time")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(since.as_millis() as i64)
}

/// The code of a phone that read this page, so many steps from now.
pub fn code(page: &str, later: i64) -> String {
    let seed: String = between(page, "id=\"factor-seed\" tabindex=\"0\">", "</pre>").split(' ').collect();
    let seed = Seed::from_bytes(&BASE32_NOPAD.decode(seed.as_bytes()).unwrap()).unwrap();
    String::from_utf8(seed.code(step(now()) + later).to_vec()).unwrap()
}

/// The text between two others.
pub fn between<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let rest = page.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {page}")).1;
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {page}")).0
}

/// The recovery codes on their only page.
pub fn told(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, 200, "{}", page.text());
    between(&page.text(), "<pre class=\"secret\" tabindex=\"0\">", "</pre>").lines().map(str::to_owned).collect()
}

/// Sets a second factor up; answers its page and the recovery codes.
pub fn set_up(browser: &Console) -> (String, Vec<String>) {
    let page = browser.get("/console/account/factor").expect(200).text();
    let ticket = hidden(&page, "ticket").unwrap();
    let done = browser.act("/console/account/factor", &[("ticket", &ticket), ("code", &code(&page, 0))]);
    (page, told(&done))
}

/// What the script is told when a ceremony begins: the options, and the ticket.
pub fn begun(answer: &Answer) -> (String, String) {
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.text());
    let asked = answer.json();
    (asked.to_string(), asked["ticket"].as_str().expect("a ticket").to_owned())
}

/// Makes a passkey.
pub fn make(key: &mut Authenticator, name: &str, browser: &Console) {
    let (options, ticket) = begun(&browser.act("/console/account/passkeys/begin", &[]));
    let answer = key.create(&options).expect("a new passkey");
    let with = [("ticket", &*ticket), ("credential", &answer), ("name", name)];
    let done = browser.act("/console/account/passkeys", &with);
    assert_eq!((done.status, done.header("location")), (303, "/console/account/passkeys"), "{}", done.text());
}

/// The form of a browser whose authenticator answered: a log-in with a passkey.
pub fn opening(key: &mut Authenticator, browser: &Console) -> Vec<(&'static str, String)> {
    let token = browser.page_token("/login");
    let (options, ticket) = begun(&browser.post("/login/passkey/begin", &[("token", &token)]));
    vec![("token", token), ("ticket", ticket), ("credential", key.get(&options).expect("a passkey"))]
}

/// Fields that are owned, as they are sent.
pub fn lent<'a>(fields: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, &**value)).collect()
}

impl Ways {
    /// On the platform of `maker` and `public`, whose pages are at `origin`, and which was told of this provider.
    pub fn new(provider: Provider, origin: String, maker: &Api, public: &Api) -> Ways {
        let phoned = console::person(maker, public, "phoned", Role::Auditor);
        let (_, codes) = set_up(&phoned);
        let keyed = console::person(maker, public, "keyed", Role::Auditor);
        let mut key = Authenticator::new(&origin);
        make(&mut key, "Key", &keyed);
        let page = keyed.get("/console/account/provider").expect(200).text();
        let back = provider.back(&leads(&page), ("keyed-7", None));
        assert_eq!(keyed.get(&back).expect(303).header("location"), "/console/account/provider");
        Ways { provider, origin, phoned, codes: RefCell::new(codes), key: RefCell::new(key) }
    }

    fn code(&self) -> String {
        let mut codes = self.codes.borrow_mut();
        if codes.is_empty() {
            *codes = told(&self.phoned.act("/console/account/factor/codes", &[]));
        }
        codes.pop().expect("there are new ones")
    }
}

/// Where the link on the page of the provider leads.
pub fn leads(page: &str) -> String {
    between(page, "id=\"provider-leave\" href=\"", "\"").replace("&#38;", "&").replace("&amp;", "&")
}

/// A form of who is not logged in, from a browser that asked for its page.
fn sent(browser: &Console, path: &str, with: &[(&str, &str)]) -> Message {
    form(path, with).header("cookie", browser.cookies())
}

/// A browser in which the person with the phone typed her password.
fn halfway(s: &Stock) -> Console {
    let browser = Console::new(&s.world.public());
    let answer = browser.enter("phoned", PASSWORD);
    assert!(answer.header("location").starts_with("/login/factor"), "{}", answer.text());
    browser
}

fn enter_code(s: &Stock) -> Message {
    let browser = halfway(s);
    let token = browser.page_token("/login/factor");
    sent(&browser, "/login/factor", &[("token", &token), ("code", &s.ways().code())])
}

fn begin_passkey(s: &Stock) -> Message {
    let browser = Console::new(&s.world.public());
    let token = browser.page_token("/login");
    sent(&browser, "/login/passkey/begin", &[("token", &token)])
}

fn enter_passkey(s: &Stock) -> Message {
    let browser = Console::new(&s.world.public());
    let fields = opening(&mut s.ways().key.borrow_mut(), &browser);
    sent(&browser, "/login/passkey", &lent(&fields))
}

fn come_back(s: &Stock) -> Message {
    let browser = Console::new(&s.world.public());
    let address = browser.get("/login/provider?next=/console").expect(303).header("location").to_owned();
    get(s.ways().provider.back(&address, ("keyed-7", None))).header("cookie", browser.cookies())
}

fn begin_invited(s: &Stock) -> Message {
    let (browser, path) = (Console::new(&s.world.public()), s.invitation());
    let token = browser.page_token(&path);
    sent(&browser, &format!("{path}/passkey/begin"), &[("token", &token), ("name", &s.fresh())])
}

fn accept_invited(s: &Stock) -> Message {
    let (browser, path, name) = (Console::new(&s.world.public()), s.invitation(), s.fresh());
    let token = browser.page_token(&path);
    let begun_at = browser.post(&format!("{path}/passkey/begin"), &[("token", &token), ("name", &name)]);
    let (options, ticket) = begun(&begun_at);
    let answer = Authenticator::new(&s.ways().origin).create(&options).expect("a new passkey");
    let with = [("token", &*token), ("name", &name), ("ticket", &ticket), ("credential", &answer)];
    sent(&browser, &format!("{path}/passkey"), &with)
}

fn post(route: &'static str, call: impl Fn(&Stock) -> Message + 'static) -> Case {
    Case { method: Method::Post, ..Case::public(route, call) }
}

/// The lines.
pub fn all() -> Vec<Case> {
    let public = vec![
        Case::public("/login/factor", |s| get("/login/factor").header("cookie", halfway(s).cookies())),
        post("/login/factor", enter_code).answers(303),
        post("/login/passkey/begin", begin_passkey),
        post("/login/passkey", enter_passkey).answers(303),
        Case::public("/login/provider", |_| get("/login/provider")).answers(303),
        Case::public("/login/provider/back", come_back).answers(303),
        post("/invitation/{code}/passkey/begin", begin_invited),
        post("/invitation/{code}/passkey", accept_invited).answers(303),
    ];
    public.into_iter().chain(factor()).chain(passkeys()).chain(provider()).collect()
}

/// What is refused here is done in `ways_story`: what a form carries is bound to whose it is.
fn factor() -> Vec<Case> {
    let codes = "/console/account/factor/codes";
    let wrong = [("ticket", "AAAA"), ("code", "000000")];
    vec![
        Case::page("/console/account/factor", ChangeSelf, |_| get("/console/account/factor")).stranger(200),
        Case::form("/console/account/factor", ChangeSelf, move |_| form("/console/account/factor", &wrong))
            .through(&["account/factor::confirm"])
            .answers(401)
            .stranger(401),
        Case::form(codes, ChangeSelf, move |_| form(codes, &[]))
            .through(&["account/factor::codes"])
            .answers(409)
            .stranger(409),
        Case::form("/console/account/factor/end", ChangeSelf, |_| form("/console/account/factor/end", &[]))
            .through(&["account/factor::end"])
            .stranger(303),
    ]
}

fn passkeys() -> Vec<Case> {
    let here = "/console/account/passkeys";
    // a passkey of nobody
    let one =
        move |s: &Stock, act: &str| form(format!("{here}/{}/{act}", s.world.first.organisation), &[("name", "Key")]);
    let wrong = [("ticket", "AAAA"), ("credential", "{}"), ("name", "Key")];
    vec![
        Case::page(here, ChangeSelf, move |_| get(here)).through(&["account/passkey::of"]).stranger(200),
        Case::form("/console/account/passkeys/begin", ChangeSelf, |_| form("/console/account/passkeys/begin", &[]))
            .through(&["account/passkey::begin"])
            .answers(200)
            .stranger(200),
        Case::form(here, ChangeSelf, move |_| form(here, &wrong))
            .through(&["account/passkey::finish"])
            .answers(401)
            .stranger(401),
        Case::form("/console/account/passkeys/{id}/name", ChangeSelf, move |s| one(s, "name"))
            .through(&["account/passkey::rename"])
            .answers(404),
        Case::form("/console/account/passkeys/{id}/end", ChangeSelf, move |s| one(s, "end"))
            .through(&["account/passkey::end"])
            .answers(404),
    ]
}

fn provider() -> Vec<Case> {
    let (here, end) = ("/console/account/provider", "/console/account/provider/end");
    vec![
        Case::page(here, ChangeSelf, move |_| get(here))
            .through(&["login/outside::connect", "login/outside::is_connected"])
            .stranger(200),
        Case::form(end, ChangeSelf, move |_| form(end, &[])).through(&["login/outside::disconnect"]).stranger(303),
    ]
}
