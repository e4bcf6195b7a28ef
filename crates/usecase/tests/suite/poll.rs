//! Polls from memory: as long as nothing changed, and never past a change.

use crate::campaign::{Fleet, everybody};
use crate::release::version;
use crate::world::{World, day};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tegata_domain::number::{Number, Serial};
use tegata_domain::organisation::OrganisationKind::Household;
use tegata_domain::revocation::Reason;
use tegata_keys::request::request;
use tegata_usecase::action::{self, AutoConfirm, Mode};
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{self, Act, act};
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::poll::{self, Answer, Asked};
use tegata_usecase::{Cx, Error, certificate, enrolment, revocation, target_token};

/// How long something is waited for that must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// One device's side.
#[derive(Clone)]
struct Client {
    cx: Cx,
    number: Number,
    peer: Peer,
    authorization: Option<String>,
}

/// How a poll ended.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Memory(String),
    Store(String),
    Refused(&'static str),
}

use Reply::{Memory, Refused, Store};

const NOTHING: &str = "nothing to do";

fn peer(certificate: Option<&[u8]>) -> Peer {
    Peer { address: IpAddr::from([127, 0, 0, 1]), certificate: certificate.map(|der| Arc::new(der.to_vec().into())) }
}

impl Client {
    async fn with_token(number: Number, world: &World) -> Client {
        let token = target_token::issue(number, &world.maker(), world.cx()).await.unwrap();
        let authorization = Some(format!("TargetToken {token}"));
        Client { cx: world.cx().clone(), number, peer: peer(None), authorization }
    }

    fn with_certificate(number: Number, der: &[u8], world: &World) -> Client {
        Client { cx: world.cx().clone(), number, peer: peer(Some(der)), authorization: None }
    }

    /// In the order of the edge.
    async fn poll(&self) -> Reply {
        let authorization = self.authorization.as_deref();
        let asked = peer::polling(&self.peer, authorization).map(|shown| Asked {
            number: self.number,
            tenant: "DEFAULT",
            authority: "device.test",
            shown,
        });
        match asked.as_ref().and_then(|asked| poll::known(asked, &self.cx)) {
            Some(poll::Known::Answer(answer)) => return Memory(String::from_utf8(answer.body.to_vec()).unwrap()),
            Some(poll::Known::TooOften) => return Refused("too_often"),
            None => {}
        }
        let ticket = asked.as_ref().and_then(|asked| poll::begin(asked, &self.peer, &self.cx));
        match self.ask(asked.as_ref(), ticket).await {
            Ok(text) => Store(text),
            Err(error) => Refused(error.code),
        }
    }

    async fn ask(&self, asked: Option<&Asked<'_>>, ticket: Option<poll::Ticket>) -> Result<String, Error> {
        let cx = &self.cx;
        let device = peer::controller(&self.peer, self.authorization.as_deref(), Some(self.number), cx).await?;
        device::heard(&device, "update poll", cx).await?;
        cx.seen.note(device.row, cx.now()?);
        let pending = action::pending(&device, cx).await?;
        let text = match (&pending.active, pending.wants_attributes) {
            (Some(action), _) => format!("action {}", action.row.0),
            (None, true) => "attributes".to_owned(),
            (None, false) => NOTHING.to_owned(),
        };
        let answer = Answer { tag: "\"t\"".into(), body: text.clone().into() };
        if let (Some(asked), Some(ticket)) = (asked, ticket) {
            poll::keep(ticket, asked, (&device, &pending), &answer, cx).await?;
        }
        Ok(text)
    }

    /// Polls until memory answers; it must come to that. A node that has not heard from the others for a moment asks the
    /// store, and under load that moment comes.
    async fn warm(&self, text: &str) {
        let begin = Instant::now();
        while self.poll().await != Memory(text.into()) {
            assert!(begin.elapsed() < PATIENCE, "never from memory: {:?}", self.poll().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn tell(&self, mode: Mode) {
        let device = peer::controller(&self.peer, self.authorization.as_deref(), Some(self.number), &self.cx).await;
        let values = BTreeMap::from([("hw".to_owned(), Some("1".to_owned()))]);
        action::attributes(&device.unwrap(), mode, values, &self.cx).await.unwrap();
    }
}

async fn doing(what: Act, number: Number, world: &World) {
    act(number, what, Saying::default(), &world.maker(), world.cx()).await.unwrap();
}

#[tokio::test]
async fn the_first_poll_is_heard_and_later_ones_come_from_memory() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let client = Client::with_token(number, &world).await;
    assert_eq!(client.poll().await, Store("attributes".into()));
    assert_eq!(client.poll().await, Store("attributes".into()), "the first one moved the device");
    assert_eq!(client.poll().await, Memory("attributes".into()));
    client.tell(Mode::Merge).await;
    assert_eq!(client.poll().await, Store(NOTHING.into()));
    assert_eq!(client.poll().await, Memory(NOTHING.into()));
    world.clock.pass(Duration::from_secs(60));
    client.warm(NOTHING).await;
    let seen = device::by_number(number, &world.maker(), world.cx()).await.unwrap();
    assert_eq!(seen.seen_at, Some(world.cx().now().unwrap()), "each is a sign of life");
    world.clock.jump(true);
    assert!(matches!(client.poll().await, Refused(_)), "nothing is answered while the clock cannot be trusted");
}

#[tokio::test]
async fn what_ends_a_token_ends_it_at_the_next_poll() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let client = Client::with_token(number, &world).await;
    client.warm("attributes").await;
    let with = |authorization: &str| Client { authorization: Some(authorization.into()), ..client.clone() };
    let token = client.authorization.clone().unwrap();
    for wrong in [format!("{token}x"), token.replace("TargetToken", "Bearer"), "TargetToken".into(), String::new()] {
        assert!(matches!(with(&wrong).poll().await, Refused("target_token" | "no_credential")), "{wrong}");
    }
    let (_, theirs, _) = World::new().await.one().await;
    let other = world.cx().numbers.number(1_000).unwrap();
    let both = Client { peer: peer(Some(&theirs.certificate)), ..client.clone() };
    assert_eq!(both.poll().await, Refused("two_identities"));
    assert!(matches!(Client { number: other, ..client.clone() }.poll().await, Refused(_)), "another's number");

    let newer = Client::with_token(number, &world).await;
    assert_eq!(client.poll().await, Refused("target_token"), "replaced");
    newer.warm("attributes").await;
    assert_eq!(client.poll().await, Refused("target_token"));
    newer.warm("attributes").await;
    let (_, home) = world.enter("Home", Household).await;
    world.hand_over(number, &world.maker(), &home).await;
    assert_eq!(newer.poll().await, Refused("target_token"), "its owner's period ended");
}

#[tokio::test]
async fn conditions_count_at_the_next_poll() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let client = Client::with_token(number, &world).await;
    for _ in 0..2 {
        client.warm("attributes").await;
        doing(Act::Quarantine, number, &world).await;
        assert_eq!(client.poll().await, Refused("life"));
        assert_eq!(client.poll().await, Refused("life"), "who is held is not kept");
        doing(Act::Release, number, &world).await;
        assert_eq!(client.poll().await, Store("attributes".into()));
    }
    client.warm("attributes").await;
    doing(Act::Recall, number, &world).await;
    assert_eq!(client.poll().await, Refused("life"));
    doing(Act::Repair, number, &world).await;
    client.warm("attributes").await;
    doing(Act::Retire, number, &world).await;
    assert!(matches!(client.poll().await, Refused(_)));
}

#[tokio::test]
async fn certificates_that_are_revoked_or_expired_open_nothing_at_the_next_poll() {
    let world = World::new().await;
    let (key, made, number) = world.one().await;
    let enrol = async || {
        let idevid = certificate::identify(&made.certificate, world.cx()).await.unwrap();
        enrolment::enrol(&request(&key).unwrap(), idevid, false, world.cx()).await.unwrap().certificate
    };
    let der = enrol().await;
    let client = Client::with_certificate(number, &der, &world);
    client.warm("attributes").await;
    let second = enrol().await;
    let other = Client::with_certificate(number, &second, &world);
    other.warm("attributes").await;
    client.warm("attributes").await;
    let serial = Serial::from_bytes(tegata_wire::x509::parse(&der).unwrap().serial).unwrap();
    revocation::revoke(serial, Reason::KeyCompromise, &world.maker(), world.cx()).await.unwrap();
    assert_eq!(client.poll().await, Refused("certificate"), "revoked");
    other.warm("attributes").await;
    world.clock.pass(day(90) - Duration::from_millis(1));
    assert_eq!(other.poll().await, Memory("attributes".into()), "its last moment");
    world.clock.pass(Duration::from_millis(1));
    assert_eq!(other.poll().await, Refused("certificate"), "expired");
}

#[tokio::test]
async fn updates_appear_at_the_next_poll() {
    let fleet = Fleet::new(2).await;
    let number = fleet.devices[0].1;
    let client = Client::with_token(number, &fleet.world).await;
    client.warm("attributes").await;
    client.tell(Mode::Merge).await;
    client.warm(NOTHING).await;
    let release = fleet.release(version("2.0", 2)).await;
    let uid = fleet.start(&release, everybody()).await;
    let row = fleet.active(0).await.unwrap();
    let offered = || Store(format!("action {}", row.0));
    assert_eq!(client.poll().await, offered());
    assert_eq!(client.poll().await, offered(), "what is live is not kept");
    let maker = fleet.world.maker();
    let act = |act| tegata_usecase::campaign::act(uid, act, &maker, fleet.cx());
    act(tegata_usecase::campaign::Act::Pause).await.unwrap();
    assert_eq!(client.poll().await, Store(NOTHING.into()));
    assert_eq!(client.poll().await, Store(NOTHING.into()), "nor what is live but hidden");
    act(tegata_usecase::campaign::Act::Resume).await.unwrap();
    assert_eq!(client.poll().await, offered());
    fleet.update(0, "2.0").await;
    client.warm("attributes").await;
    client.tell(Mode::Merge).await;
    client.warm(NOTHING).await;
    let device = fleet.device(0).await;
    let consent = AutoConfirm { initiator: None, remark: None };
    action::auto_confirm(&device, Some(consent), fleet.cx()).await.unwrap();
    assert_eq!(client.poll().await, Store(NOTHING.into()));
}

/// Polls and quarantines race: what begins after a quarantine was answered is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_poll_that_begins_after_a_quarantine_is_answered() {
    const ROUNDS: usize = 60;
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let client = Client::with_token(number, &world).await;
    client.warm("attributes").await;
    // odd while a quarantine that was answered stands
    let (turn, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let from_memory = Arc::new(AtomicU64::new(0));
    let racing = {
        let (client, turn, done, count) = (client.clone(), turn.clone(), done.clone(), from_memory.clone());
        tokio::spawn(async move {
            while !done.load(SeqCst) {
                let before = turn.load(SeqCst);
                let reply = client.poll().await;
                // held when it began, and all the time until it ended
                if before % 2 == 1 && turn.load(SeqCst) == before {
                    assert_eq!(reply, Refused("life"));
                }
                count.fetch_add(u64::from(matches!(reply, Memory(_))), SeqCst);
                tokio::task::yield_now().await;
            }
        })
    };
    for round in 0..ROUNDS {
        doing(Act::Quarantine, number, &world).await;
        turn.fetch_add(1, SeqCst);
        assert_eq!(client.poll().await, Refused("life"), "round {round}");
        tokio::time::sleep(Duration::from_millis(1)).await;
        turn.fetch_add(1, SeqCst);
        doing(Act::Release, number, &world).await;
        client.warm("attributes").await;
    }
    done.store(true, SeqCst);
    racing.await.unwrap();
    assert!(from_memory.load(SeqCst) > 0, "the race never met the memory");
}
