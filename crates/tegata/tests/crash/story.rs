//! The life of one device, from its maker to the end of its owner: every step is asked again until it was answered.
//!
//! A step that was cut may have been done. Asked again it has to be answered as before, or refused for exactly that.

use crate::Target;
use serde_json::{Value, json};
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, Unit, id, new_product, text};
use tegata_testkit::{Answer, Api, Est, EstError, Identity};

/// One life after the other.
#[derive(Default)]
pub struct Story {
    /// Lives that came to their end.
    pub lives: usize,
    /// Steps of this life that were answered.
    step: usize,
    /// Times that this step was asked.
    asked: usize,
    /// Owners that were erased, by name.
    pub erased: Vec<String>,
    /// Devices that were made.
    pub made: usize,
    product: String,
    batch: String,
    key: Option<Identity>,
    unit: Option<Unit>,
    operational: Option<Identity>,
    home: (String, String),
    extra: String,
    code: String,
    target: String,
    release: String,
    campaign: String,
    action: String,
}

type Step = fn(&mut Story, &Target) -> Option<()>;

const STEPS: [Step; 24] = [
    Story::register,
    Story::sign_keys,
    Story::open,
    Story::make,
    Story::own,
    Story::contact,
    Story::token,
    Story::end_token,
    Story::offer,
    Story::cancel,
    Story::offer,
    Story::claim,
    Story::enrol,
    Story::beat,
    Story::give_target,
    Story::describe,
    Story::consent,
    Story::publish,
    Story::begin,
    Story::update,
    Story::hold,
    Story::close,
    Story::dispose,
    Story::forget,
];

/// A step that was done already is refused with one of these.
fn answered(answer: Option<Answer>, or: &[u16]) -> Option<Answer> {
    let answer = answer?;
    let fits = matches!(answer.status, 200 | 201 | 204) || or.contains(&answer.status);
    assert!(fits, "{}: {}", answer.status, answer.text());
    Some(answer)
}

fn get(api: &Api, path: &str) -> Option<Value> {
    Some(api.send(Message::new("GET", path)).ok()?.expect(200).json())
}

impl Story {
    /// Goes on until the server dies.
    pub fn work(&mut self, target: &Target) {
        while self.advance(target).is_some() {}
    }

    /// One step; `None` when the server died.
    pub fn advance(&mut self, target: &Target) -> Option<()> {
        self.asked += 1;
        STEPS[self.step](self, target)?;
        (self.step, self.asked) = (self.step + 1, 0);
        if self.step == STEPS.len() {
            let kept = (self.lives + 1, std::mem::take(&mut self.erased), self.made);
            *self = Story { lives: kept.0, erased: kept.1, made: kept.2, ..Story::default() };
        }
        Some(())
    }

    fn post(&self, api: &Api, path: &str, body: &Value, or: &[u16]) -> Option<Answer> {
        let key = format!("story-{}-{}", self.lives, self.step);
        let message = Message::new("POST", path).json(body).header("idempotency-key", key);
        answered(api.send(message).ok(), or)
    }

    fn home(&self, target: &Target) -> Api {
        target.api.bearer(&self.home.1)
    }

    fn number(&self) -> &str {
        &self.unit.as_ref().expect("it was made").number
    }

    fn register(&mut self, target: &Target) -> Option<()> {
        let model = new_product(&format!("STORY-{}", self.lives));
        self.product = id(&self.post(&target.api, "/api/v1/products", &model, &[])?);
        Some(())
    }

    /// A release key is registered and ended: releases go unsigned then.
    fn sign_keys(&mut self, target: &Target) -> Option<()> {
        let identity = self.key.get_or_insert_with(factory::key);
        let key = tegata_wire::est::decode(identity.pem().as_bytes()).unwrap();
        let spki = tegata_keys::signer::Signer::from_pkcs8(&key).unwrap().spki().to_vec();
        let path = format!("/api/v1/products/{}/keys", self.product);
        let body = json!({ "public_key": data_encoding::BASE64.encode(&spki) });
        self.post(&target.api, &path, &body, &[409])?;
        for key in get(&target.api, &path)?["items"].as_array().unwrap() {
            if key["ended_at"].is_null() {
                let path = format!("{path}/{}", text(key, "id"));
                answered(target.api.send(Message::new("DELETE", path)).ok(), &[])?;
            }
        }
        Some(())
    }

    fn open(&mut self, target: &Target) -> Option<()> {
        let body = json!({ "product": self.product, "quantity": 1 });
        self.batch = id(&self.post(&target.api, "/api/v1/batches", &body, &[])?);
        Some(())
    }

    /// The one device, and one that the batch does not permit.
    fn make(&mut self, target: &Target) -> Option<()> {
        let identity = self.key.get_or_insert_with(factory::key);
        let lines =
            factory::line("one", &factory::csr(identity)) + &factory::line("two", &factory::csr(&factory::key()));
        let made = answered(target.api.send(factory::lines(&self.batch, lines)).ok(), &[])?.lines();
        assert!(made[1]["problem"]["type"].as_str().unwrap().ends_with("over_quantity"), "{}", made[1]);
        let mut identity = self.key.take().expect("it was just there");
        identity.chain = vec![factory::certificate(&made[0])];
        self.unit = Some(Unit { serial: "one".into(), number: text(&made[0], "number"), identity });
        self.made += 1;
        Some(())
    }

    /// A household: its token is shown once, so one that was cut is given up.
    fn own(&mut self, target: &Target) -> Option<()> {
        let name = format!("Household of Zephyrine {}-{}", self.lives, self.asked);
        let body = json!({ "name": name, "kinds": ["household"] });
        let message = Message::new("POST", "/api/v1/organisations").json(&body);
        let answer = answered(target.api.send(message).ok(), &[])?;
        self.home = (id(&answer), text(&answer.json(), "token"));
        self.extra = name;
        Some(())
    }

    fn contact(&mut self, target: &Target) -> Option<()> {
        let body = json!({ "mail": "zephyrine@example.com", "language": "en" });
        self.post(&self.home(target), "/api/v1/contact", &body, &[])?;
        Some(())
    }

    fn token(&mut self, target: &Target) -> Option<()> {
        let body = json!({ "name": format!("phone-{}", self.asked), "role": "operator" });
        let message = Message::new("POST", "/api/v1/tokens").json(&body);
        self.code = id(&answered(self.home(target).send(message).ok(), &[])?);
        Some(())
    }

    fn end_token(&mut self, target: &Target) -> Option<()> {
        let message = Message::new("DELETE", format!("/api/v1/tokens/{}", self.code));
        answered(self.home(target).send(message).ok(), &[409])?;
        Some(())
    }

    fn offer(&mut self, target: &Target) -> Option<()> {
        let path = format!("/api/v1/devices/{}/transfer", self.number());
        self.code = text(&self.post(&target.api, &path, &json!({}), &[])?.json(), "code");
        Some(())
    }

    fn cancel(&mut self, target: &Target) -> Option<()> {
        let path = format!("/api/v1/devices/{}/transfer/cancel", self.number());
        self.post(&target.api, &path, &json!({}), &[409])?;
        Some(())
    }

    fn claim(&mut self, target: &Target) -> Option<()> {
        let home = self.home(target);
        self.post(&home, "/api/v1/claims", &json!({ "code": self.code }), &[404, 409])?;
        get(&home, &format!("/api/v1/devices/{}", self.number()))?;
        Some(())
    }

    fn enrol(&mut self, target: &Target) -> Option<()> {
        let unit = self.unit.as_ref().expect("it was made");
        let url = format!("https://localhost:{}", target.at.port());
        let est = Est::new(&url, std::slice::from_ref(&target.trust), Some(&unit.identity));
        let mut operational = factory::key();
        operational.chain = match est.enrol(&factory::csr(&operational)) {
            Ok(chain) => chain,
            Err(EstError::Refused { status, detail }) => panic!("EST answered {status}: {detail}"),
            Err(_) => return None,
        };
        self.operational = Some(operational);
        Some(())
    }

    /// Two heartbeats, the second with the token of the first.
    fn beat(&mut self, target: &Target) -> Option<()> {
        let api = Api::https(target.at, "localhost", &target.trust);
        let api = api.identity(self.operational.as_ref().expect("it was enrolled"));
        let beat = |token: Option<&str>| {
            let message =
                Message::new("POST", "/agent/v1/heartbeat").json(&json!({ "token": token, "version": "1.0" }));
            Some(text(&answered(api.send(message).ok(), &[])?.json(), "token"))
        };
        let token = beat(None)?;
        beat(Some(&token))?;
        Some(())
    }

    fn give_target(&mut self, target: &Target) -> Option<()> {
        let path = format!("/api/v1/devices/{}/token", self.number());
        self.target = text(&self.post(&self.home(target), &path, &json!({}), &[])?.json(), "token");
        Some(())
    }

    /// The device's side of updates.
    fn device(&self, target: &Target, method: &str, rest: &str, body: Option<&Value>) -> Option<Answer> {
        let api = Api::https(target.at, "localhost", &target.trust);
        let message = Message::new(method, format!("/DEFAULT/controller/v1/{}{rest}", self.number()));
        let message = message.header("authorization", format!("TargetToken {}", self.target));
        api.send(body.map_or(message.clone(), |body| message.json(body))).ok()
    }

    fn tell(&self, target: &Target, version: &str) -> Option<()> {
        let body = json!({ "mode": "merge", "data": { "version": version, "hw_revision": "1" } });
        answered(self.device(target, "PUT", "/configData", Some(&body)), &[])?;
        Some(())
    }

    fn describe(&mut self, target: &Target) -> Option<()> {
        answered(self.device(target, "GET", "", None), &[])?;
        self.tell(target, "1.0")
    }

    fn consent(&mut self, target: &Target) -> Option<()> {
        let path = "/confirmationBase/activateAutoConfirm";
        answered(self.device(target, "POST", path, Some(&json!({ "initiator": "story" }))), &[])?;
        Some(())
    }

    fn publish(&mut self, target: &Target) -> Option<()> {
        self.release = id(&answered(target.api.send(factory::release(&self.product, "2.0", &[])).ok(), &[])?);
        Some(())
    }

    fn begin(&mut self, target: &Target) -> Option<()> {
        let body = json!({
            "release": self.release, "select": { "numbers": [self.number()] }, "groups": [{ "percent": 100 }],
        });
        self.campaign = id(&self.post(&self.home(target), "/api/v1/campaigns", &body, &[])?);
        Some(())
    }

    /// Waits for the action, says that it is installed, runs it.
    fn update(&mut self, target: &Target) -> Option<()> {
        let home = self.home(target);
        let path = format!("/api/v1/campaigns/{}/actions", self.campaign);
        while self.action.is_empty() {
            let reply = answered(self.device(target, "GET", "", None), &[])?.json();
            if let Some(link) = reply["_links"]["deploymentBase"]["href"].as_str() {
                let rest = link.rsplit('/').next().unwrap_or_default();
                self.action = rest.split('?').next().unwrap_or_default().to_owned();
            }
            // a device in a tight loop would be told to wait; whoever runs campaigns may wait for a dead one's lease
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
        let deployment = format!("/deploymentBase/{}", self.action);
        answered(self.device(target, "GET", &deployment, None), &[404, 410])?;
        let body = json!({ "status": { "execution": "closed", "result": { "finished": "success" }, "details": [] } });
        answered(self.device(target, "POST", &format!("{deployment}/feedback"), Some(&body)), &[404, 410])?;
        self.tell(target, "2.0")?;
        let actions = get(&home, &path)?;
        assert_eq!(actions["items"].as_array().unwrap().len(), 1, "one action: {actions}");
        assert_eq!(actions["items"][0]["state"], "done", "{actions}");
        Some(())
    }

    /// Quarantined by its maker's recall, and let go.
    fn hold(&mut self, target: &Target) -> Option<()> {
        let home = self.home(target);
        for act in ["quarantine", "release"] {
            self.post(&home, &format!("/api/v1/devices/{}/{act}", self.number()), &json!({}), &[409])?;
        }
        let device = get(&home, &format!("/api/v1/devices/{}", self.number()))?;
        assert_eq!(device["condition"], "well");
        Some(())
    }

    /// Findings of the maker are closed.
    fn close(&mut self, target: &Target) -> Option<()> {
        for finding in get(&target.api, "/api/v1/findings?limit=1000")?["items"].as_array().unwrap() {
            if finding["closed_at"].is_null() {
                let path = format!("/api/v1/findings/{}/close", text(finding, "id"));
                self.post(&target.api, &path, &json!({ "reason": "seen" }), &[409])?;
            }
        }
        Some(())
    }

    fn dispose(&mut self, target: &Target) -> Option<()> {
        let (home, number) = (self.home(target), self.number().to_owned());
        self.post(&home, &format!("/api/v1/devices/{number}/dispose"), &json!({}), &[409])?;
        let body = json!({ "reason": "ended", "witness": "Peregrine saw the shredder" });
        self.post(&home, &format!("/api/v1/devices/{number}/retire"), &body, &[409])?;
        assert_eq!(get(&home, &format!("/api/v1/devices/{number}"))?["stage"], "retired");
        Some(())
    }

    /// The owner is erased. Asked again after that, there is nobody of that token any more.
    fn forget(&mut self, target: &Target) -> Option<()> {
        let path = format!("/api/v1/organisations/{}/erase", self.home.0);
        let body = json!({ "confirm": self.extra });
        let message = Message::new("POST", path).json(&body);
        let or: &[u16] = if self.asked > 1 { &[401, 404] } else { &[] };
        answered(self.home(target).send(message).ok(), or)?;
        self.erased.push(self.extra.clone());
        Some(())
    }

    /// Everything that was told of the life so far is there.
    pub fn check(&self, target: &Target) {
        let all = target.api.all("/api/v1/devices");
        assert_eq!(all.len(), self.made, "made once each");
        let batches = target.api.all("/api/v1/batches");
        let issued: u64 = batches.iter().map(|batch| batch["issued"].as_u64().unwrap()).sum();
        assert_eq!(issued, self.made as u64, "counted once each");
    }
}
