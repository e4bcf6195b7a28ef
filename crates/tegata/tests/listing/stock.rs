//! The things that the list speaks of: a platform with two organisations, tokens of every sort, devices in hand.

use crate::ways::{ORIGIN, Provider, Ways};
use serde_json::json;
use std::cell::{Cell, RefCell};
use tegata_domain::permit::Role;
use tegata_testkit::console::{self, Console};
use tegata_testkit::factory::{self, Unit};
use tegata_testkit::tenant::{self, Token};
use tegata_testkit::tls::self_made;
use tegata_testkit::{Api, Identity, Setup, World};

/// Where the notices of the first organisation go.
const MAIL: &str = "first@example.com";
/// Devices that acts may use up: more than there are calls of acts.
const SPARE: usize = 400;
/// Devices that are offered: more than there are calls of claims.
const OFFERED: usize = 50;
/// Members whose memberships may end.
const MEMBERS: usize = 6;
/// Invitations that may be used up.
const INVITATIONS: usize = 40;

/// The things.
pub struct Stock {
    /// The platform.
    pub world: World,
    /// The administrator of the first organisation, whose things are asked for.
    pub maker: Api,
    /// Clients of every role of the first organisation.
    pub roles: Vec<(Role, Api)>,
    /// People of every role of the first organisation, logged in.
    pub people: Vec<(Role, Console)>,
    /// An administrator of the other organisation, logged in.
    pub visitor: Console,
    /// The administrator of another organisation, that makes and operates devices too.
    pub stranger: Api,
    /// A token that was ended.
    pub ended: Token,
    /// A product of the first organisation.
    pub product: String,
    /// An open batch of it.
    pub batch: String,
    /// A product of it whose releases are signed.
    pub signed: String,
    /// A release key of that product.
    pub key: String,
    /// A release of the first product.
    pub release: String,
    /// A campaign of it that goes on.
    pub campaign: String,
    /// A campaign that may be ended.
    pub doomed: String,
    /// An act on many devices that waits to be confirmed.
    pub bulk: String,
    /// One that was stopped before it began.
    pub stopped_bulk: String,
    /// A device that stays well.
    pub unit: Unit,
    /// A key with a certificate that it made for itself.
    pub foreign: Identity,
    /// The same with serial and subject of the device that stays well.
    pub like: Identity,
    /// A notice to the first organisation.
    pub notice: String,
    /// Path in the link of its letter.
    pub letter: String,
    /// A finding of the first organisation.
    pub finding: String,
    /// Where the pages' stylesheet lies.
    pub stylesheet: String,
    ways: Ways,
    members: RefCell<Vec<String>>,
    invitations: RefCell<Vec<(String, String)>>,
    units: RefCell<Vec<Unit>>,
    tokens: RefCell<Vec<Token>>,
    codes: RefCell<Vec<String>>,
    count: Cell<u32>,
}

impl Stock {
    /// On a platform of its own.
    pub fn new(mut setup: Setup) -> Stock {
        let provider = Provider::start();
        setup.environment.extend(provider.environment());
        let named = setup.init.windows(2).find(|pair| pair[0] == "--public-url").map(|pair| pair[1].clone());
        let world = World::with(env!("CARGO_BIN_EXE_tegata"), setup);
        let maker = world.api();
        let stranger = tenant::organisation(&maker, "Strangers", &["maker", "operator"]);
        let product = factory::product(&maker, "LISTED");
        let batch = factory::batch(&maker, &product, 100_000);
        let unit = factory::device(&maker, &batch, "WELL");
        maker.post("/api/v1/contact", &json!({ "mail": MAIL, "language": "en" })).expect(200);
        // the same serial with another key: a finding
        let twice = factory::line(&unit.serial, &factory::csr(&factory::key()));
        assert!(maker.call(factory::lines(&batch, twice)).lines()[0]["problem"].is_object());
        let (signed, key) = signed(&maker);
        let release = factory::id(&maker.call(factory::release(&product, "1.0", &[])).expect(201));
        let [campaign, doomed] = ["GOES-ON", "DOOMED"].map(|serial| campaign(&maker, (&batch, &release), serial));
        let notice = maker.all("/api/v1/notices")[0]["id"].as_str().unwrap().to_owned();
        let letter = letter(&world, &notice);
        let ended = tenant::token(&maker, Role::Administrator);
        maker.delete(&format!("/api/v1/tokens/{}", ended.id)).expect(204);
        let finding = maker.all("/api/v1/findings")[0]["id"].as_str().unwrap().to_owned();
        // the routes of proofs answer 202 until then
        factory::proof(&maker, &unit.number, 1);
        let public = world.public();
        let person = |role: Role| (role, console::person(&maker, &public, role.name(), role));
        let people: Vec<(Role, Console)> = Role::ALL.into_iter().map(person).collect();
        let members = spare_members(&maker, &public, &people[0].1);
        let front = world.public().get("/").expect(200).text();
        let real = tegata_wire::x509::parse(&unit.identity.chain[0]).unwrap();
        let own_name = tegata_keys::profile::authority_name("Nobody", "Device");
        let [bulk, stopped_bulk] = bulks(&people[0].1);
        Stock {
            ways: Ways::new(provider, named.unwrap_or(ORIGIN.to_owned()), &maker, &public),
            bulk,
            stopped_bulk,
            roles: tenant::every_role(&maker),
            visitor: console::person(&public.bearer(&stranger.secret), &public, "stranger", Role::Administrator),
            people,
            members: RefCell::new(members),
            invitations: RefCell::new((0..INVITATIONS).map(|_| invitation(&maker)).collect()),
            stranger: world.public().bearer(&stranger.secret),
            foreign: self_made(&[7; 16], &own_name),
            like: self_made(real.serial, real.subject),
            stylesheet: between(&front, "/assets/", ".css"),
            units: RefCell::new(factory::devices(&maker, &batch, "SPARE", SPARE)),
            codes: RefCell::new(offered(&maker, &batch)),
            tokens: RefCell::new((0..20).map(|_| tenant::token(&maker, Role::Auditor)).collect()),
            count: Cell::default(),
            world,
            maker,
            ended,
            finding,
            product,
            batch,
            signed,
            key,
            release,
            campaign,
            doomed,
            unit,
            notice,
            letter,
        }
    }

    /// People with other ways in than a password.
    pub fn ways(&self) -> &Ways {
        &self.ways
    }

    /// A name that nothing has yet.
    pub fn fresh(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("FRESH-{}", self.count.get())
    }

    /// A device that nobody needs again.
    pub fn spare_unit(&self) -> Unit {
        self.units.borrow_mut().pop().expect("SPARE is too small")
    }

    /// A code for a device that nobody needs again.
    pub fn code(&self) -> String {
        let mut codes = self.codes.borrow_mut();
        // those that are only shown by who may not use them come back
        let code = codes.pop().expect("there are enough codes");
        codes.insert(0, code.clone());
        code
    }

    /// A token that nobody needs again; its id.
    pub fn spare_token(&self) -> String {
        let mut tokens = self.tokens.borrow_mut();
        // those that are only asked for by who may not end them come back
        let token = tokens.pop().expect("there are enough tokens");
        tokens.insert(0, token.clone());
        token.id
    }

    /// A member of the first organisation whom nobody needs again: the id of the account.
    pub fn spare_member(&self) -> String {
        let mut members = self.members.borrow_mut();
        let one = members.pop().expect("MEMBERS is too small");
        members.insert(0, one.clone());
        one
    }

    /// The path of an invitation that stands.
    pub fn invitation(&self) -> String {
        self.spare(|(_, path)| path.clone())
    }

    /// The id of an invitation that stands.
    pub fn spare_invitation(&self) -> String {
        self.spare(|(id, _)| id.clone())
    }

    fn spare(&self, of: impl Fn(&(String, String)) -> String) -> String {
        let mut invitations = self.invitations.borrow_mut();
        let one = invitations.pop().expect("there are enough invitations");
        invitations.insert(0, one.clone());
        of(&one)
    }

    /// A path that the certificate of the device that stays well names.
    pub fn named(&self, begin: &str, end: &str) -> String {
        let text = String::from_utf8_lossy(&self.unit.identity.chain[0]).into_owned();
        between(&text, begin, end)
    }

    /// What a stranger must never see; every list of the first organisation holds one of them.
    pub fn secrets(&self) -> Vec<String> {
        let first = &self.world.first.organisation;
        let things = [first, &self.product, &self.batch, &self.unit.number, &self.ended.id, &self.notice];
        things.into_iter().cloned().chain([MAIL.to_owned()]).collect()
    }

    /// Everything that the first organisation has, in one text: it must not change when calls are refused.
    pub fn state(&self) -> String {
        let lists = [
            "organisations",
            "tokens",
            "products",
            "batches",
            "devices",
            "releases",
            "findings",
            "invitations",
            "audit",
        ];
        let all = |noun: &str| self.maker.all(&format!("/api/v1/{noun}"));
        lists.map(|noun| format!("{noun}: {}\n", serde_json::Value::from(all(noun)))).concat()
    }
}

/// A campaign over one new device, which was made its offer: the job has done with it, so its state stays.
fn campaign(maker: &Api, (batch, release): (&str, &str), serial: &str) -> String {
    let number = factory::device(maker, batch, serial).number;
    let campaign = json!({ "release": release, "select": { "numbers": [number] } });
    let id = factory::id(&maker.post("/api/v1/campaigns", &campaign).expect(201));
    tegata_testkit::wait::until("an offer", || {
        let now = maker.get(&format!("/api/v1/campaigns/{id}")).expect(200).json();
        (now["unreached"] == 1 && now["groups"][0]["state"] == "filled").then_some(())
    });
    id
}

/// An invitation that stands: its id, and the path of its link.
fn invitation(api: &Api) -> (String, String) {
    let asked = json!({ "role": "auditor", "note": MAIL });
    let made = api.post("/api/v1/invitations", &asked).expect(201).json();
    let link = factory::text(&made, "link");
    let path = link.split_once("/invitation/").map(|(_, code)| format!("/invitation/{code}")).expect("a link");
    (factory::text(&made, "id"), path)
}

/// A product with a release key: their ids.
fn signed(maker: &Api) -> (String, String) {
    let product = factory::product(maker, "SIGNED");
    let public_key = data_encoding::BASE64.encode(tegata_keys::signer::Signer::generate_p256().unwrap().0.spki());
    let keys = format!("/api/v1/products/{product}/keys");
    let key = factory::id(&maker.post(&keys, &json!({ "public_key": public_key })).expect(201));
    (product, key)
}

/// Members whom nobody needs: the ids of their accounts.
fn spare_members(maker: &Api, public: &Api, administrator: &Console) -> Vec<String> {
    for spare in 0..MEMBERS {
        console::person(maker, public, &format!("spare-{spare}"), Role::Auditor);
    }
    members(administrator)
}

/// The accounts that may be used up, as the page of accounts names them.
fn members(administrator: &Console) -> Vec<String> {
    let page = administrator.get("/console/accounts").expect(200).text();
    let rows = page.split("<h3><bdi>").filter(|row| row.starts_with("spare-") && row.contains("/console/accounts/"));
    rows.map(|row| between(row, "/console/accounts/", "/role"))
        .map(|path| path[18..path.len() - 5].to_owned())
        .collect()
}

/// The codes of devices that are offered.
fn offered(maker: &Api, batch: &str) -> Vec<String> {
    let offer = |unit: &Unit| {
        let path = format!("/api/v1/devices/{}/transfer", unit.number);
        factory::text(&maker.post(&path, &json!({})).expect(200).json(), "code")
    };
    factory::devices(maker, batch, "OFFERED", OFFERED).iter().map(offer).collect()
}

/// The path in the link of a letter, once it lies in the outbox.
fn letter(world: &World, notice: &str) -> String {
    let path = world.data().join(format!("outbox/{notice}.eml"));
    tegata_testkit::wait::until("a letter", || path.is_file().then_some(()));
    let text = std::fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=3D", "=");
    let link = between(&text, "/n/", "\r\n");
    link.trim_end().to_owned()
}

/// The text from `begin` to `end`, both included.
fn between(text: &str, begin: &str, end: &str) -> String {
    let from = text.find(begin).unwrap_or_else(|| panic!("no {begin}"));
    let rest = &text[from..];
    rest[..rest.find(end).unwrap_or_else(|| panic!("no {end}")) + end.len()].to_owned()
}

/// An act on many devices that waits to be confirmed, and one that was stopped before.
fn bulks(person: &Console) -> [String; 2] {
    let [waits, stopped] = ["waits", "stopped"].map(|reason| prepared(person, reason));
    person.act(&format!("/console/bulks/{stopped}/stop"), &[]).expect(303);
    [waits, stopped]
}

/// An act on devices that are there, prepared and not confirmed: its id.
fn prepared(person: &Console, reason: &str) -> String {
    let token = person.token();
    let fields = [("token", &*token), ("act", "ship"), ("reason", reason), ("query", "stage=made")];
    let answer = person.post("/console/bulks", &fields).expect(303);
    let path = answer.header("location").to_owned();
    path.trim_start_matches("/console/bulks/").to_owned()
}
