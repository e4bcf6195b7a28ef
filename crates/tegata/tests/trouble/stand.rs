//! A platform with devices that ask in every way: look-up, poll, heartbeat, enrolment, the API.

use serde_json::json;
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, Unit, text};
use tegata_testkit::{Answer, Api, Est, EstError, Identity, Place, Setup, World};

/// The platform.
pub struct Stand {
    pub world: World,
    pub batch: String,
    pub unit: Unit,
    /// What its device shows.
    pub operational: Identity,
    /// The device's token for polls.
    pub target: String,
}

impl Stand {
    /// `prepare` is told of the world before it is started for good.
    pub fn new(prepare: impl FnOnce(&mut World)) -> Stand {
        Stand::of(crate::BINARY, prepare)
    }

    /// The same with the platform in its folder, whatever is chosen: the shim stands between program and files.
    pub fn in_files(prepare: impl FnOnce(&mut World)) -> Stand {
        Stand::on(World::with(crate::BINARY, Setup { store: Place::Folder, ..Setup::default() }), prepare)
    }

    /// The same with a program that runs ours.
    pub fn of(program: &str, prepare: impl FnOnce(&mut World)) -> Stand {
        Stand::on(World::new(program), prepare)
    }

    /// The same on a world.
    pub fn on(mut world: World, prepare: impl FnOnce(&mut World)) -> Stand {
        let api = world.api();
        let product = factory::product(&api, "TROUBLE");
        let batch = factory::batch(&api, &product, 1_000_000);
        let unit = factory::device(&api, &batch, "first");
        let mut operational = factory::key();
        operational.chain = world.est(Some(&unit.identity)).enrol(&factory::csr(&operational)).unwrap();
        let path = format!("/api/v1/devices/{}/token", unit.number);
        let target = text(&api.post(&path, &json!({})).expect(200).json(), "token");
        prepare(&mut world);
        world.terminate();
        world.start();
        let stand = Stand { world, batch, unit, operational, target };
        // in use from here on: a first sign of life is a write
        stand.beat().expect(200);
        stand.poll().expect(200);
        stand
    }

    pub fn api(&self) -> Api {
        self.world.api()
    }

    pub fn look_up(&self) -> Answer {
        self.world.public().get(&format!("/d/{}", self.unit.number))
    }

    pub fn poll(&self) -> Answer {
        self.world.public().call(self.poll_message())
    }

    pub fn poll_message(&self) -> Message {
        Message::new("GET", format!("/DEFAULT/controller/v1/{}", self.unit.number))
            .header("authorization", format!("TargetToken {}", self.target))
    }

    pub fn beat(&self) -> Answer {
        let message = Message::new("POST", "/agent/v1/heartbeat").json(&json!({ "version": "1.0" }));
        self.world.public().identity(&self.operational).call(message)
    }

    pub fn register(&self, model: &str) -> Answer {
        self.api().post("/api/v1/products", &factory::new_product(model))
    }

    /// Makes devices; answers each line.
    pub fn make(&self, serials: &[&str]) -> Vec<serde_json::Value> {
        let lines: String = serials.iter().map(|s| factory::line(s, &factory::csr(&factory::key()))).collect();
        self.api().call(factory::lines(&self.batch, lines)).expect(200).lines()
    }

    /// The status of an enrolment under the certificate from manufacture.
    pub fn enrol(&self) -> u16 {
        let est: Est = self.world.est(Some(&self.unit.identity));
        match est.enrol(&factory::csr(&factory::key())) {
            Ok(_) => 200,
            Err(EstError::Refused { status, .. }) => status,
            Err(other) => panic!("{other}"),
        }
    }

    /// What only reads is answered.
    #[track_caller]
    pub fn reads(&self) {
        assert_eq!(self.look_up().expect(200).json()["number"].as_str(), Some(self.unit.number.as_str()));
        self.poll().expect(200);
        self.api().get(&format!("/api/v1/devices/{}", self.unit.number)).expect(200);
        self.world.plain().get("/ledger/devices/checkpoint").expect(200);
        self.world.plain().get("/healthz").expect(200);
    }

    /// What writes is refused in these words, and told when to come again.
    #[track_caller]
    pub fn refuses_writes(&self, code: &str) {
        for answer in [self.register("REFUSED"), self.beat()] {
            assert_eq!(answer.header("retry-after"), "1", "{}", answer.text());
            let problem = answer.expect(503).json();
            assert!(problem["type"].as_str().unwrap().ends_with(code), "{problem}");
        }
        let line = &self.make(&["refused"])[0];
        assert!(line["problem"]["type"].as_str().unwrap().ends_with(code), "{line}");
        assert_eq!(line["problem"]["status"], 503);
        assert_eq!(self.enrol(), 503);
    }

    /// What writes is done.
    #[track_caller]
    pub fn writes(&self, model: &str) {
        self.register(model).expect(201);
        self.beat().expect(200);
        assert!(self.make(&[model])[0]["certificate"].is_string());
        assert_eq!(self.enrol(), 200);
    }
}
