//! A platform with devices in the field, and what their maker and their clients do.

use hawkbit::ddi::{Client, ClientAuthorization, Execution, Finished, Mode, Update};
use serde_json::{Value, json};
use std::time::Duration;
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, Unit, id, text};
use tegata_testkit::{Answer, Api, Setup, World, wait};

/// The platform, a product and a batch.
pub struct Field {
    pub world: World,
    pub maker: Api,
    pub product: String,
    batch: String,
}

/// A device with a token, and the client that runs on it.
pub struct Device {
    pub unit: Unit,
    pub token: String,
    pub client: Client,
}

/// The file of every release here: longer than one read.
pub fn firmware() -> Vec<u8> {
    (0..200_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

impl Field {
    pub fn new() -> Field {
        let setting = ("TEGATA_UPDATE_POLL_INTERVAL".to_owned(), "77".to_owned());
        let world = World::with(env!("CARGO_BIN_EXE_tegata"), Setup { environment: vec![setting], ..Setup::default() });
        let maker = world.api();
        let product = factory::product(&maker, "PUMP");
        let batch = factory::batch(&maker, &product, 100);
        Field { world, maker, product, batch }
    }

    pub fn device(&self, serial: &str) -> Device {
        let unit = factory::device(&self.maker, &self.batch, serial);
        let token = self.token(&unit.number);
        Device { client: self.client(&unit.number, ClientAuthorization::TargetToken(token.clone()), None), unit, token }
    }

    /// Asks for a device's token.
    pub fn token(&self, number: &str) -> String {
        let answer = self.maker.post(&format!("/api/v1/devices/{number}/token"), &json!({})).expect(200);
        text(&answer.json(), "token")
    }

    /// A client of a device; `pem` has key and certificate.
    pub fn client(&self, number: &str, authorization: ClientAuthorization, pem: Option<&str>) -> Client {
        let url = format!("https://localhost:{}", self.world.server().https.port());
        let trust = self.world.first.https_ca.display().to_string();
        let patience = Some(Duration::from_secs(30));
        Client::new(&url, "DEFAULT", number, authorization, Some(&trust), pem, patience).unwrap()
    }

    /// The device's side by hand.
    pub fn by_hand(&self, device: &Device) -> Hand {
        let path = format!("/DEFAULT/controller/v1/{}", device.unit.number);
        Hand { api: self.world.public(), path, credential: format!("TargetToken {}", device.token) }
    }

    /// Publishes a release; answers its id.
    pub fn release(&self, version: &str, remedy: bool) -> String {
        let remedy = if remedy { "true" } else { "false" };
        let fields =
            [("product", self.product.as_str()), ("version", version), ("security_version", "1"), ("remedy", remedy)];
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        let head = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"pump.swu\"\r\n\
                    content-type: application/octet-stream\r\n\r\n";
        body.extend(head.bytes());
        body.extend(firmware());
        body.extend(b"\r\n--b--\r\n");
        let message = Message::new("POST", "/api/v1/releases").body("multipart/form-data; boundary=b", body);
        id(&self.maker.call(message).expect(201))
    }

    /// Begins a campaign for these devices; answers its id once the last of them has its action.
    pub fn campaign(&self, release: &str, devices: &[&Device], more: &Value) -> String {
        let numbers: Vec<&str> = devices.iter().map(|device| device.unit.number.as_str()).collect();
        let mut body = json!({ "release": release, "select": { "numbers": numbers }, "groups": [{ "percent": 100 }] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let campaign = id(&self.maker.post("/api/v1/campaigns", &body).expect(201));
        wait::until("the actions of the campaign", || {
            let there = self.actions(&campaign).len();
            (there == devices.len()).then_some(())
        });
        campaign
    }

    fn actions(&self, campaign: &str) -> Vec<Value> {
        self.maker.all(&format!("/api/v1/campaigns/{campaign}/actions"))
    }

    /// The action of a device in a campaign.
    pub fn action(&self, campaign: &str, device: &Device) -> Value {
        let all = self.actions(campaign);
        let of = |action: &&Value| action["number"] == device.unit.number;
        all.iter().find(of).unwrap_or_else(|| panic!("no action of the device in {all:?}")).clone()
    }

    /// Its state.
    pub fn state(&self, campaign: &str, device: &Device) -> String {
        text(&self.action(campaign, device), "state")
    }

    /// Waits for the state of a campaign.
    pub fn campaign_is(&self, campaign: &str, state: &str) {
        wait::until(&format!("the campaign is {state}"), || {
            let now = self.maker.get(&format!("/api/v1/campaigns/{campaign}")).expect(200).json();
            (now["state"] == state).then_some(())
        });
    }
}

impl Device {
    /// Polls; there must be something to install.
    pub async fn update(&self) -> Update {
        self.client.poll().await.unwrap().update().expect("an update").fetch().await.unwrap()
    }

    /// Polls, and tells its attributes when it is asked for them.
    pub async fn tell(&self, version: &str) {
        let reply = self.client.poll().await.unwrap();
        let request = reply.config_data_request().expect("attributes are wanted");
        let data = json!({ "version": version, "hw_revision": "1.0" });
        request.upload(Execution::Closed, Finished::Success, Some(Mode::Merge), data, vec![]).await.unwrap();
    }
}

/// A client by hand, for what the crate does not do.
pub struct Hand {
    api: Api,
    pub path: String,
    credential: String,
}

impl Hand {
    pub fn call(&self, message: Message) -> Answer {
        self.api.call(message.header("authorization", self.credential.clone()))
    }

    pub fn get(&self, rest: &str) -> Answer {
        self.call(Message::new("GET", format!("{}{rest}", self.path)))
    }

    pub fn post(&self, rest: &str, body: &Value) -> Answer {
        self.call(Message::new("POST", format!("{}{rest}", self.path)).json(body))
    }

    pub fn put(&self, rest: &str, body: &Value) -> Answer {
        self.call(Message::new("PUT", format!("{}{rest}", self.path)).json(body))
    }
}

/// A feedback as clients send it.
pub fn feedback(execution: &str, finished: &str) -> Value {
    json!({ "status": { "execution": execution, "result": { "finished": finished }, "details": ["by hand"] } })
}

/// A refusal in the form that clients know.
#[track_caller]
pub fn refused(answer: Answer, status: u16) -> String {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert!(text(&body, "errorCode").starts_with("hawkbit.server.error."), "{body}");
    text(&body, "message")
}
