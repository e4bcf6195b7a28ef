//! Proofs of single events: a `tlog-proof` file with salt and event.

use super::tiles::Served;
use crate::cx::Inner;
use crate::device::{hide, load, sight};
use crate::error::{Error, Kind, Result};
use tegata_domain::device::Device;
use tegata_domain::event::{Event, EventKind, NewEvent, canonical};
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::period::View;
use tegata_domain::permit::{Actor, Operation};
use tegata_wire::life::{Extra, leaf, salt};
use tegata_wire::tlog_proof::TlogProof;

/// A proof file.
pub struct Proof {
    /// Its text.
    pub text: String,
    /// A name for it.
    pub file_name: String,
}

/// The proof of an event that the public page stamps. The number resists guessing and the page is open, so these may
/// be proven to anybody; an event that carries words of a person is left to who may read the device.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "ledger::prove_stamp", skip_all)]
pub async fn prove_stamp(number: Number, sequence: u32, cx: &Inner) -> Result<Proof> {
    let device = load(number, cx).await?;
    if !device.stamps.iter().any(|stamp| stamp.sequence == Some(sequence)) {
        return Err(Error::not_found("stamp"));
    }
    let found = cx.store.event().by_sequence(device.row, sequence).await?;
    let (event, index) = found.ok_or_else(|| Error::not_found("event"))?;
    if event.has_words() {
        return Err(words());
    }
    build(number, &device, (event, index), cx).await
}

/// The proof of an event that the actor sees.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "ledger::prove", skip_all)]
pub async fn prove(number: Number, sequence: u32, actor: &Actor, cx: &Inner) -> Result<Proof> {
    let device = load(number, cx).await?;
    actor.permit(Operation::ReadDevice, &device).map_err(|e| hide(e, "device"))?;
    let found = cx.store.event().by_sequence(device.row, sequence).await?;
    let (event, index) = found.ok_or_else(|| Error::not_found("event"))?;
    match sight(&device, actor, cx).await?.event(&event) {
        View::Whole => build(number, &device, (event, index), cx).await,
        View::Bare => Err(words()),
        View::Hidden => Err(Error::not_found("event")),
    }
}

fn words() -> Error {
    let text = "this event carries words of a person; who owned the device then can hand its proof out";
    Error::denied("words", text).case("words.hidden")
}

async fn build(number: Number, device: &Device, (event, index): (Event, u64), cx: &Inner) -> Result<Proof> {
    let published = cx.ledger.log(Log::Devices).published();
    let sequence = event.sequence;
    if event.kind == EventKind::Erased {
        return Err(erased());
    }
    let Some(published) = published.filter(|p| index < p.checkpoint.head.size) else {
        let text = "this event is committed, but not under a published checkpoint yet; ask again in a second";
        return Err(Error::new(Kind::NotYet, "not_yet", text));
    };
    let one = cx.ledger.log(Log::Devices);
    let served = Served { log: Log::Devices, one, edge: &published.edge, store: &cx.store };
    let hashes = served.inclusion(index).await?;
    let new = NewEvent { kind: event.kind, at: event.at, data: event.data };
    let previous = previous(device, sequence, cx).await?;
    let key = cx.store.event().epoch_key_left(device.row, event.period).await?.ok_or_else(erased)?;
    let extra = Extra { salt: salt(&key, sequence), event: canonical(device.uid, sequence, &previous, &new) };
    // under another key than it was committed with, as after a restore without what had faded
    if extra.leaf() != leaf(&event.commitment) {
        return Err(erased());
    }
    let proof = TlogProof { extra: extra.encode(), index, hashes, checkpoint: published.checkpoint.note.clone() };
    Ok(Proof { text: proof.to_string(), file_name: format!("{number}-{sequence}.tlog-proof") })
}

fn erased() -> Error {
    let text = "what this entry told was erased; its commitment stays in the ledger, and nobody can open it any more";
    Error::new(Kind::Gone, "erased", text)
}

async fn previous(device: &Device, sequence: u32, cx: &Inner) -> Result<[u8; 32]> {
    if sequence <= 1 {
        return Ok([0; 32]);
    }
    let before = cx.store.event().by_sequence(device.row, sequence - 1).await?;
    before.map(|(event, _)| event.commitment).ok_or_else(|| Error::internal("a gap in the chain of a device"))
}
