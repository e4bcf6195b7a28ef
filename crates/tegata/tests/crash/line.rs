//! A production line: batch after batch over streams of NDJSON. What it was not answered it asks again, with the same
//! serial and the same key, as a real line would.

use crate::memory::{Asked, Batch, Made, Memory};
use crate::target::Target;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use tegata_testkit::api::Message;
use tegata_testkit::connection::Stream;
use tegata_testkit::factory::{self, Unit};
use tegata_testkit::seed::Random;
use tegata_testkit::tls::{Client, TLS13};
use tegata_testkit::{Connection, Identity};

/// The most lines that are sent before their answers are read.
const BURST: u64 = 64;
/// Devices of a batch.
const QUANTITY: (u64, u64) = (100, 700);

/// A device whose answer did not come yet.
struct Pending {
    serial: String,
    line: String,
    identity: Identity,
}

/// A batch that is worked on.
struct Open {
    id: String,
    quantity: usize,
    /// Serials given out.
    given: usize,
}

/// `Err` when a line is put off by a server that may.
fn put_off(answer: &Value, target: &Target) -> io::Result<()> {
    let status = answer["problem"]["status"].as_u64().unwrap_or(0);
    if target.puts_off(status as u16) { Err(io::Error::other(answer.to_string())) } else { Ok(()) }
}

/// A line.
pub struct Line {
    name: String,
    product: String,
    random: Random,
    /// Which batch of this line is the present one.
    ordinal: usize,
    /// What the present batch is opened with: asked again, it must be the same.
    quantity: usize,
    open: Option<Open>,
    pending: VecDeque<Pending>,
    /// Time before each burst.
    pub pause: Duration,
}

impl Line {
    /// The line `index` of a product.
    pub fn new(index: usize, product: &str, mut random: Random) -> Line {
        let quantity = random.between(QUANTITY.0, QUANTITY.1) as usize;
        let (name, product) = (format!("L{index}"), product.to_owned());
        Line {
            name,
            product,
            random,
            ordinal: 0,
            quantity,
            open: None,
            pending: VecDeque::new(),
            pause: Duration::ZERO,
        }
    }

    /// Works until the connection breaks.
    pub fn work(&mut self, target: &Target, memory: &Memory) {
        memory.known().again += self.pending.len();
        let broken = loop {
            if let Err(e) = self.batch(target, memory) {
                break e;
            }
        };
        // what the stream refuses in words is a fault, whatever the server was doing
        let status = broken.to_string().split(':').next().and_then(|status| status.parse().ok()).unwrap_or(0);
        assert!(broken.kind() != io::ErrorKind::InvalidData || target.puts_off(status), "{}: {broken}", self.name);
    }

    /// Asks again for what was not answered; how many lines that were.
    pub fn finish(&mut self, target: &Target, memory: &Memory) -> usize {
        let count = self.pending.len();
        if count > 0 {
            let mut stream = self.stream(target).unwrap();
            self.burst(&mut stream, target, memory).unwrap();
        }
        count
    }

    /// What all serials of the present batch begin with.
    fn prefix(&self) -> String {
        format!("{}-{}-", self.name, self.ordinal)
    }

    /// Fills one batch to its last device, and asks for one more.
    fn batch(&mut self, target: &Target, memory: &Memory) -> io::Result<()> {
        self.open_batch(target, memory)?;
        let mut stream = self.stream(target)?;
        loop {
            let room = self.open.as_ref().map_or(0, |open| open.quantity - open.given);
            if self.pending.is_empty() && room == 0 {
                break;
            }
            let more = self.random.between(1, BURST) as usize;
            for _ in self.pending.len()..more.min(room + self.pending.len()) {
                self.prepare();
            }
            std::thread::sleep(self.pause);
            if target.is_over() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            self.burst(&mut stream, target, memory)?;
        }
        self.one_too_many(&mut stream, target)?;
        if let Some(batch) = memory.known().batches.get_mut(&self.prefix()) {
            batch.full = true;
        }
        self.open = None;
        self.ordinal += 1;
        self.quantity = self.random.between(QUANTITY.0, QUANTITY.1) as usize;
        Ok(())
    }

    /// Opens the present batch, under a key that makes a second try meet the first.
    fn open_batch(&mut self, target: &Target, memory: &Memory) -> io::Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let body = json!({ "product": self.product, "quantity": self.quantity });
        let message = Message::new("POST", "/api/v1/batches").json(&body).header("idempotency-key", self.prefix());
        let id = factory::id(&target.ask(message, 201)?);
        let batch = Batch { id: id.clone(), quantity: self.quantity, full: false };
        let known = memory.known().batches.insert(self.prefix(), batch);
        assert!(known.is_none(), "a batch is opened once");
        self.open = Some(Open { id, quantity: self.quantity, given: 0 });
        Ok(())
    }

    fn stream(&self, target: &Target) -> io::Result<Stream> {
        let open = self.open.as_ref().expect("lines are asked for under an open batch");
        let client = Client::new(&target.trust, TLS13, None);
        let message = Message::new("POST", factory::devices_path(&open.id))
            .header("authorization", format!("Bearer {}", target.token))
            .header("content-type", "application/x-ndjson");
        Connection::open(target.at, "localhost", &client)?.stream(&message)
    }

    fn prepare(&mut self) {
        let prefix = self.prefix();
        let open = self.open.as_mut().expect("lines are asked for under an open batch");
        let (serial, identity) = (format!("{prefix}{:04}", open.given), factory::key());
        open.given += 1;
        let line = factory::line(&serial, &factory::csr(&identity));
        self.pending.push_back(Pending { serial, line, identity });
    }

    /// Sends all that is pending and reads the answers, which are remembered one by one.
    fn burst(&mut self, stream: &mut Stream, target: &Target, memory: &Memory) -> io::Result<()> {
        let body: String = self.pending.iter().map(|pending| pending.line.as_str()).collect();
        stream.send(body.as_bytes())?;
        while !self.pending.is_empty() {
            let text = stream.line()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let answer: Value = serde_json::from_str(&text).expect("a line that came whole is an object");
            put_off(&answer, target)?;
            let pending = self.pending.pop_front().expect("it is not empty");
            self.acknowledge(pending, &answer, memory);
            target.acknowledged.fetch_add(1, SeqCst);
        }
        Ok(())
    }

    fn acknowledge(&mut self, pending: Pending, answer: &Value, memory: &Memory) {
        let Pending { serial, line, mut identity } = pending;
        assert_eq!(answer["serial"], *serial, "answers come in order");
        let made = Made {
            number: factory::text(answer, "number"),
            device: factory::text(answer, "device"),
            certificate: factory::text(answer, "certificate"),
        };
        identity.chain = vec![factory::certificate(answer)];
        memory.keep(Unit { serial: serial.clone(), number: made.number.clone(), identity });
        let batch = self.open.as_ref().map(|open| open.id.clone()).unwrap_or_default();
        let known = memory.known().devices.insert(serial, Asked { made, batch, line });
        assert!(known.is_none(), "a line is answered once");
    }

    fn one_too_many(&mut self, stream: &mut Stream, target: &Target) -> io::Result<()> {
        let line = factory::line(&format!("{}over", self.prefix()), &factory::csr(&factory::key()));
        stream.send(line.as_bytes())?;
        let text = stream.line()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        put_off(&serde_json::from_str(&text).expect("a line that came whole is an object"), target)?;
        assert!(text.contains(":over_quantity"), "{text}");
        stream.end()?;
        match stream.line()? {
            None => Ok(()),
            Some(more) => panic!("more answers than lines: {more}"),
        }
    }
}
