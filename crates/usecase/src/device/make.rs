//! Makes devices under a batch: proof of possession, IDevID, number, first event, one durable commit.
//!
//! Speculative: certificates are signed before the commit, which alone decides whether serial and key are new and the
//! batch has room. A signature is released only by its commit (law 11); a refused one is thrown away.

use crate::authority;
use crate::cx::{Cx, Inner};
use crate::error::{Error, Kind, Result};
use crate::life::Chain;
use std::sync::Arc;
use tegata_domain::authority::AuthorityKind;
use tegata_domain::batch::{Batch, Confirmation};
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::chance;
use tegata_domain::change::{self, Change, Refused, Write};
use tegata_domain::device::{Condition, Device, Stage, Stamp};
use tegata_domain::event::{EventKind, NewEvent};
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::id::{CertificateRow, DeviceRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::product::Product;
use tegata_domain::time::Timestamp;
use tegata_fault::Point;
use tegata_keys::possession::{RequestError, prove};
use tegata_keys::profile::Idevid;
use tegata_keys::{digest, possession};
use tegata_store::Row;

/// What one stream of requests rests on: loaded and permitted once.
pub struct Ticket {
    batch: Batch,
    product: Product,
    maker: String,
    issuer: Arc<authority::Ready>,
    permit: Permit,
    /// Certificates between leaf and root.
    pub chain: Vec<Vec<u8>>,
}

/// One device asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The maker's serial number.
    pub serial: String,
    /// PKCS#10, DER.
    pub csr: Vec<u8>,
}

/// A device that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its management number.
    pub number: String,
    /// Its outward id.
    pub device: Uuid,
    /// Its IDevID, DER.
    pub certificate: Vec<u8>,
}

/// Opens a stream of requests under a batch.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "device::ticket", skip_all)]
pub async fn ticket(batch: Uuid, actor: &Actor, cx: &Inner) -> Result<Ticket> {
    let not_found = || Error::not_found("batch");
    let batch = cx.store.batch().by_uid(batch).await?.ok_or_else(not_found)?;
    let permit = actor.permit(Operation::MakeDevice, Subject::of(batch.organisation)).map_err(|e| match e {
        tegata_domain::permit::Refusal::NotFound => not_found(),
        other => other.into(),
    })?;
    let product = cx.store.product().by_row(batch.product).await?.ok_or_else(not_found)?;
    let maker = cx.store.organisation().by_row(batch.organisation).await?.ok_or_else(not_found)?;
    let issuer = authority::for_devices_of(cx, AuthorityKind::Idevid, batch.organisation).await?;
    let chain = vec![issuer.authority.certificate.clone()];
    Ok(Ticket { batch, product, maker: maker.name, issuer, permit, chain })
}

/// Lines that are checked and signed in one turn: about a millisecond, for which others wait.
const A_TURN: usize = 8;

/// Makes the devices of one chunk, each with its own outcome, in order; all that succeeded are durable.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "device::make", skip_all)]
pub async fn make(requests: Vec<Request>, ticket: &Arc<Ticket>, cx: &Cx) -> Result<Vec<Result<Made>>> {
    let _lane = cx.lanes.enter(ticket.batch.organisation).await;
    let now = cx.now()?;
    if let Err(refusal) = ticket.batch.permits(now) {
        return outside(requests, ticket, cx, &refusal.to_string()).await;
    }
    let count = requests.len() as u32;
    let first = DeviceRow(cx.store.reserve(Row::Device, count).await?);
    let certificate = CertificateRow(cx.store.reserve(Row::Certificate, count).await?);
    let mut prepared = Vec::with_capacity(requests.len());
    let mut requests = requests.into_iter().enumerate();
    loop {
        let part: Vec<_> = requests.by_ref().take(A_TURN).collect();
        if part.is_empty() {
            break;
        }
        let (theirs, ours) = (Arc::clone(ticket), cx.clone());
        let prepare = move |(i, request): (usize, Request)| {
            let rows = (DeviceRow(first.0 + i as i64), CertificateRow(certificate.0 + i as i64));
            let made = prepare(&request, rows, &theirs, &ours, now);
            (request, made)
        };
        let turn = cx.turns.take(ticket.batch.organisation).await;
        let work = tokio::task::spawn_blocking(move || part.into_iter().map(prepare).collect::<Vec<_>>());
        prepared.extend(work.await.map_err(Error::internal)?);
        drop(turn);
    }
    tegata_fault::at(Point::Signed);
    commit(prepared, ticket, cx, now).await
}

/// Why a request never came to a commit.
enum RefusedRequest {
    Serial,
    Csr(RequestError),
    Internal(Error),
}

/// PrintableString of 1 to 64 characters (RFC 5280 appendix A.1), so that it fits certificate, label and Digital Link.
fn serial_fits(serial: &str) -> bool {
    let printable = |b: u8| b.is_ascii_alphanumeric() || b"'()+,-./:=?".contains(&b);
    (1..=64).contains(&serial.len()) && serial.bytes().all(printable)
}

fn prepare(
    request: &Request,
    rows: (DeviceRow, CertificateRow),
    ticket: &Ticket,
    cx: &Inner,
    now: Timestamp,
) -> Result<change::Made, RefusedRequest> {
    if !serial_fits(&request.serial) {
        return Err(RefusedRequest::Serial);
    }
    let spki = prove(&request.csr).map_err(RefusedRequest::Csr)?;
    let made = build((&request.serial, spki), rows, ticket, (cx, now));
    made.map_err(RefusedRequest::Internal)
}

/// What a commit makes of a serial and a key: the signed certificate, and the device with its first event. Nothing is
/// written, and nothing is checked here: that the key is in the right hands is the caller's to have seen.
pub fn build(
    (device_serial, spki): (&str, &[u8]),
    (row, certificate_row): (DeviceRow, CertificateRow),
    ticket: &Ticket,
    (cx, now): (&Inner, Timestamp),
) -> Result<change::Made> {
    let random = chance::bytes::<8>(&*cx.chance);
    let serial = cx.serials.serial(certificate_row.0, random).ok_or_else(|| Error::internal("no serial key"))?;
    let der = ticket.issuer.issuer.idevid(&Idevid {
        serial,
        maker: &ticket.maker,
        model: &ticket.product.model,
        device_serial,
        product: ticket.product.uid,
        spki,
        now,
    })?;
    let uid = cx.uid(now);
    let epoch_key = chance::bytes::<32>(&*cx.chance);
    let mut chain = Chain { device: uid, period: 0, sequence: 0, head: [0; 32], epoch_key: &epoch_key };
    let data = serde_json::json!({
        "by": "maker", "product": ticket.product.uid.to_string(), "serial": device_serial,
        "certificate": digest::sha256_hex(&der),
    });
    let event = chain.bind(NewEvent { kind: EventKind::Made, at: now, data });
    let certificate = Certificate {
        row: certificate_row,
        random,
        device: row,
        authority: ticket.issuer.authority.row,
        kind: CertificateKind::Idevid,
        period: 0,
        der,
        key: None,
        not_after: Timestamp::NEVER,
        revoked: None,
    };
    let device = Device {
        row,
        uid,
        product: ticket.product.row,
        batch: ticket.batch.row,
        maker: ticket.batch.organisation,
        owner: ticket.batch.organisation,
        serial: device_serial.to_owned(),
        key: digest::key_digest(spki),
        idevid: certificate_row,
        stage: Stage::Made,
        condition: Condition::Well,
        confirmed: ticket.batch.confirmation == Confirmation::Implied,
        period: 0,
        sequence: 1,
        head: chain.head,
        stamps: vec![Stamp { stage: Stage::Made, at: now, sequence: Some(1) }],
    };
    Ok(change::Made { device, certificate, epoch_key, event })
}

/// What became of a request before its commit.
enum Outcome {
    /// Its change goes to the commit; the key decides when it comes back.
    Committing(Made, [u8; 16]),
    Refused(RefusedRequest),
}

async fn commit(
    prepared: Vec<(Request, Result<change::Made, RefusedRequest>)>,
    ticket: &Ticket,
    cx: &Inner,
    now: Timestamp,
) -> Result<Vec<Result<Made>>> {
    let mut changes = Vec::with_capacity(prepared.len());
    let mut outcomes = Vec::with_capacity(prepared.len());
    for (request, made) in prepared {
        let outcome = match made {
            Err(refused) => Outcome::Refused(refused),
            Ok(made) => {
                let answer = answer(&made.device, made.certificate.der.clone(), cx)?;
                let key = made.device.key;
                changes.push(Change { writes: vec![Write::Made(Box::new(made))], subject: String::new() });
                Outcome::Committing(answer, key)
            }
        };
        outcomes.push((request, outcome));
    }
    let saved = match changes.is_empty() {
        true => Vec::new(),
        false => cx.store.save_all(changes, &ticket.permit, now).await?,
    };
    let mut saved = saved.into_iter();
    let mut answers = Vec::with_capacity(outcomes.len());
    for (request, outcome) in outcomes {
        answers.push(match outcome {
            Outcome::Refused(refused) => Err(refuse(&request, refused, ticket, cx).await?),
            Outcome::Committing(made, key) => match saved.next() {
                Some(Ok(())) => Ok(made),
                Some(Err(refused)) => again(&request, key, refused, ticket, cx).await?,
                None => Err(Error::internal("the committer lost an answer")),
            },
        });
    }
    Ok(answers)
}

fn answer(device: &Device, certificate: Vec<u8>, cx: &Inner) -> Result<Made> {
    let number = cx.numbers.number(device.row.0).ok_or_else(|| Error::internal("no number key"))?;
    Ok(Made { number: number.to_string(), device: device.uid, certificate })
}

/// The commit refused: the same device again gets the same answer, anything else a problem and a finding.
async fn again(
    request: &Request,
    key: [u8; 16],
    refused: Refused,
    ticket: &Ticket,
    cx: &Inner,
) -> Result<Result<Made>> {
    if refused == Refused::Ended {
        return Ok(Err(refused.into()));
    }
    let by_serial = cx.store.device().by_serial(ticket.product.row, &request.serial).await?;
    if let Some(device) = by_serial {
        if device.key == key {
            let certificate = cx.store.certificate().by_row(device.idevid).await?;
            let certificate = certificate.ok_or_else(|| Error::internal("a device lost its certificate"))?;
            return Ok(answer(&device, certificate.der, cx));
        }
        let text = "this serial was already given to a device with another key; give the unit its own serial";
        return Ok(Err(found(FindingKind::SerialWithAnotherKey, text, request, ticket, cx).await?));
    }
    if cx.store.device().by_key(&key).await?.is_some() {
        let text = "this key already belongs to a device with another serial; every unit makes a key of its own";
        return Ok(Err(found(FindingKind::KeyUnderAnotherSerial, text, request, ticket, cx).await?));
    }
    if refused == Refused::Full {
        let text = format!("all {} devices of the batch were made; open a new batch", ticket.batch.quantity);
        return Ok(Err(found(FindingKind::OverQuantity, &text, request, ticket, cx).await?));
    }
    Ok(Err(refused.into()))
}

async fn refuse(request: &Request, refused: RefusedRequest, ticket: &Ticket, cx: &Inner) -> Result<Error> {
    match refused {
        RefusedRequest::Internal(error) => Ok(error),
        RefusedRequest::Serial => {
            let text = "serial has 1 to 64 of the letters and digits A-Z a-z 0-9 and ' ( ) + , - . / : = ?";
            Ok(Error::invalid("serial", text))
        }
        RefusedRequest::Csr(error) => match &error {
            possession::RequestError::Malformed(_) => Ok(Error::invalid("csr", error)),
            possession::RequestError::WeakKey(_) => {
                found(FindingKind::WeakKey, &error.to_string(), request, ticket, cx).await
            }
            possession::RequestError::NoPossession => {
                found(FindingKind::NoPossession, &error.to_string(), request, ticket, cx).await
            }
        },
    }
}

/// The whole chunk came outside the time of the batch: one finding, a problem for each.
async fn outside(requests: Vec<Request>, ticket: &Ticket, cx: &Inner, text: &str) -> Result<Vec<Result<Made>>> {
    let mut answers = Vec::with_capacity(requests.len());
    for (i, request) in requests.iter().enumerate() {
        answers.push(Err(match i {
            0 => found(FindingKind::OutsideValidity, text, request, ticket, cx).await?,
            _ => Error::conflict("outside_validity", text),
        }));
    }
    Ok(answers)
}

/// Enters a finding; answers the problem that the line is told.
async fn found(kind: FindingKind, text: &str, request: &Request, ticket: &Ticket, cx: &Inner) -> Result<Error> {
    let now = cx.now()?;
    let serial: String = request.serial.chars().take(64).collect();
    let finding = Finding {
        uid: cx.uid(now),
        organisation: ticket.batch.organisation,
        device: None,
        batch: Some(ticket.batch.row),
        kind: kind.name().to_owned(),
        level: kind.level(),
        at: now,
        data: serde_json::json!({ "serial": serial, "batch": ticket.batch.uid.to_string() }),
        closed: None,
    };
    let notice = crate::notice::found(&finding, cx);
    let writes = std::iter::once(Write::Finding(finding)).chain(notice).collect();
    cx.store.save(Change::of("", writes), &ticket.permit, now).await?;
    let sort =
        if kind == FindingKind::WeakKey || kind == FindingKind::NoPossession { Kind::Invalid } else { Kind::Conflict };
    Ok(Error::new(sort, kind.name(), text))
}
