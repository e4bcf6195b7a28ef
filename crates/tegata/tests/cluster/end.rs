//! At the end, with all well: what every node says, what the database holds, and what two verifiers say of the logs.

use crate::bed::{Bed, NODES};
use crate::check;
use crate::fault::consistent;
use crate::load::Load;
use std::path::Path;
use std::process::Command;
use tegata_domain::ledger::Log;

/// What must be nothing.
const NONE: [(&str, &str); 7] = [
    (
        "devices with two certificates of birth",
        "select device from certificate where kind = 0 group by device having count(*) > 1",
    ),
    (
        "batches that count other than they issued",
        "select id from batch b where issued <> (select count(*) from device d where d.batch = b.id)",
    ),
    ("batches that issued more than they permit", "select id from batch where issued > quantity"),
    ("logs with a gap", "select log from leaf group by log having max(idx) + 1 <> count(*)"),
    (
        "events without their leaf",
        "select e.device from event e left join leaf l on l.log = 1 and l.idx = e.idx and l.item = e.device and l.sequence = e.sequence where l.idx is null",
    ),
    (
        "leaves that are signed and absent",
        "select id from log where size > (select count(*) from leaf where leaf.log = log.id)",
    ),
    (
        "devices whose head is not their last event",
        "select id from device d where sequence <> (select max(sequence) from event e where e.device = d.id)",
    ),
];

/// All checks; the counts as a text.
pub fn check(bed: &Bed, load: &Load, verifier: &Path) -> String {
    let mut lines = std::mem::take(&mut *load.lines.lock().unwrap());
    assert_eq!(lines.len(), NODES.len(), "no line panicked");
    let again = check::finish(&mut lines, &load.targets[0], &load.memory);
    let (known, history) = (load.memory.known(), &load.history);
    for (what, sql) in NONE {
        assert_eq!(bed.number(&format!("select count(*) from ({sql}) t")), 0, "{what}");
    }
    let apis: Vec<_> = load.targets.iter().map(|target| target.api.clone()).collect();
    let listed = check::listed(&apis[0], &known);
    for api in &apis[1..] {
        assert_eq!(check::listed(api, &known), listed, "all nodes list the same");
        check::batches(api, &known);
    }
    let views = check::views(&apis[1], &known);
    check::field(&apis[2], &known, &views);
    let leaves: u64 = listed.values().map(|sequence| u64::from(*sequence)).sum();
    let mut proofs = 0;
    for (node, api) in NODES.into_iter().zip(&apis) {
        let [facts, devices] = history.readers(bed.plain(node));
        let entries = check::settled(&devices, leaves, history);
        proofs += check::lives(api, &known, &entries, &history.keys);
        history.recompute(&facts);
        consistent(node, bed, load);
    }
    let revoked = check::crls(&bed.plain(NODES[0]), &known);
    let foreign = verified(bed, &load.notes.lock().unwrap(), &history.keys, verifier);
    assert!(known.devices.len() > 300 && known.enrolled.len() > 30 && known.acts.len() > 30, "enough was done");
    format!(
        "{} devices acknowledged and there once, {} asked again ({again} at the end), {} operational certificates, {} \
         acts, {revoked} revocations, {} products; {leaves} leaves, {} checkpoints seen, {proofs} proofs, {foreign} \
         older checkpoints that Go takes for beginnings of the logs",
        known.devices.len(),
        known.again,
        known.enrolled.len(),
        known.acts.len(),
        known.products.len(),
        history.count(),
    )
}

/// The foreign verifier reads both logs of every node, as continuations of checkpoints that were seen on the way.
fn verified(bed: &Bed, notes: &[std::collections::BTreeMap<u64, String>; 2], keys: &str, verifier: &Path) -> usize {
    const SAMPLE: usize = 20;
    let (keys_file, old) = (bed.folder().join("keys"), bed.folder().join("old"));
    std::fs::write(&keys_file, keys).unwrap();
    let mut count = 0;
    for log in Log::ALL {
        let notes: Vec<&String> = notes[log as usize].values().collect();
        for (i, note) in notes.iter().enumerate().step_by(notes.len().div_ceil(SAMPLE)) {
            std::fs::write(&old, note).unwrap();
            let url = format!("http://127.0.0.1:{}/ledger/{}", 28080 + NODES[i % NODES.len()], log.name());
            let mut go = Command::new(verifier);
            let output = go.args(["-url", &url, "-keys"]).arg(&keys_file).arg("-old").arg(&old).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{url}: {said}\n{note}");
            count += 1;
        }
    }
    count
}
