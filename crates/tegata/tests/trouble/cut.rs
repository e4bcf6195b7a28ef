//! The power is cut: what was written and not synced is there, not there, or there in part, sector by sector.
//!
//! The shim keeps what stood under every write until a sync covers it. After a kill, each sector that no sync covered is
//! put back or left, as chance has it; what is left of files is what a disk may hold after a cut. Not covered: that a
//! name that was given without a sync of its folder is lost.

use crate::history::History;
use crate::say;
use crate::shim::Shim;
use crate::stand::Stand;
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tegata_testkit::Api;
use tegata_testkit::factory;
use tegata_testkit::seed::Random;

/// What a disk writes whole.
const SECTOR: u64 = 512;
/// Cuts when nothing is said.
const CUTS: u64 = 6;
/// Milliseconds of load before a cut.
const MOMENT: (u64, u64) = (50, 500);

/// A write that no sync covered.
struct Pending {
    offset: u64,
    length: u64,
    before: Vec<u8>,
    /// Of the file, before it.
    size: u64,
}

/// Every write that no sync covered, by file.
fn pending(journal: &Path) -> HashMap<PathBuf, Vec<Pending>> {
    let mut pending: HashMap<PathBuf, Vec<Pending>> = HashMap::new();
    let mut reader = BufReader::new(File::open(journal).unwrap());
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 0 {
        let parts: Vec<&str> = line.trim_end_matches('\n').splitn(6, ' ').collect();
        // the process died within its last line
        let [what, offset, length, count, size, path] = parts[..] else { break };
        let number = |text: &str| text.parse::<u64>().unwrap();
        let path = PathBuf::from(path);
        match what {
            "write" => {
                let mut before = vec![0; number(count) as usize];
                if reader.read_exact(&mut before).is_err() {
                    break;
                }
                let write = Pending { offset: number(offset), length: number(length), before, size: number(size) };
                pending.entry(path).or_default().push(write);
            }
            "sync" => drop(pending.remove(&path)),
            "syncfs" => pending.clear(),
            other => panic!("{other} in the journal"),
        }
        line.clear();
    }
    pending
}

/// Takes back what chance will; answers how many sectors of how many.
fn cut(journal: &Path, random: &mut Random) -> (u64, u64) {
    let (mut taken, mut all) = (0, 0);
    for (path, writes) in pending(journal) {
        // a file may have got its name after it was written
        let named = path.with_extension("");
        let path = if path.exists() { path } else { named };
        let Ok(file) = OpenOptions::new().write(true).open(&path) else { continue };
        // most cuts take nothing, or everything, or half
        let share = [0, 50, 100][random.between(0, 2) as usize];
        for write in writes.iter().rev() {
            for sector in write.offset / SECTOR..(write.offset + write.length).div_ceil(SECTOR) {
                all += 1;
                if random.between(1, 100) > share {
                    continue;
                }
                taken += 1;
                let (from, to) =
                    (write.offset.max(sector * SECTOR), (write.offset + write.length).min((sector + 1) * SECTOR));
                let old = |at: u64| write.before.get((at - write.offset) as usize).copied().unwrap_or(0);
                file.write_all_at(&(from..to).map(old).collect::<Vec<u8>>(), from).unwrap();
            }
        }
        if share == 100
            && let Some(size) = writes.iter().map(|write| write.size).min()
        {
            file.set_len(size).unwrap();
        }
    }
    (taken, all)
}

/// Makes devices until the server is gone; what was acknowledged goes to `known`.
fn make_on(api: &Api, batch: &str, name: &str, known: &std::sync::Mutex<BTreeMap<String, String>>) {
    for round in 0.. {
        let serials: Vec<String> = (0..8).map(|i| format!("{name}-{round}-{i}")).collect();
        let lines: String = serials.iter().map(|s| factory::line(s, &factory::csr(&factory::key()))).collect();
        let Ok(answer) = api.send(factory::lines(batch, lines)) else { return };
        for line in answer.expect(200).lines() {
            known.lock().unwrap().insert(factory::text(&line, "serial"), factory::text(&line, "number"));
        }
    }
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let _alone = crate::alone();
    let seed = Random::seed("CRASH_SEED");
    say(&format!("cut: CRASH_SEED={seed}"));
    let (mut random, mut shim) = (Random::new(seed), None);
    let mut stand = Stand::in_files(|world| shim = Some(Shim::under(world, true, &[])));
    let shim = shim.unwrap();
    let known = std::sync::Mutex::new(BTreeMap::from([(stand.unit.serial.clone(), stand.unit.number.clone())]));
    let history = History::begin(&stand.world.plain());
    let rounds = std::env::var("FAULT_ROUNDS").ok().map_or(CUTS, |text| text.parse().expect("a number"));
    let (mut taken, mut all) = (0, 0);
    for round in 0..rounds {
        let (batch, known) = (stand.batch.clone(), &known);
        std::thread::scope(|scope| {
            for line in 0..3 {
                let (api, batch) = (stand.api(), &batch);
                scope.spawn(move || make_on(&api, batch, &format!("cut-{round}-{line}"), known));
            }
            let readers = history.readers(stand.world.plain());
            let history = &history;
            scope.spawn(move || history.watch(&readers));
            // no waiting for a state: this is the moment
            std::thread::sleep(Duration::from_millis(random.between(MOMENT.0, MOMENT.1)));
            stand.world.kill();
        });
        let (some, of) = cut(shim.journal(), &mut random);
        (taken, all) = (taken + some, all + of);
        std::fs::remove_file(shim.journal()).unwrap();
        stand.world.start();
        history.check(&stand.world.plain());
        let there: BTreeMap<String, String> = stand
            .api()
            .all("/api/v1/devices")
            .iter()
            .map(|device| (factory::text(device, "serial"), factory::text(device, "number")))
            .collect();
        for (serial, number) in known.lock().unwrap().iter() {
            assert_eq!(there.get(serial), Some(number), "seed {seed}, round {round}: {serial} was acknowledged");
        }
        stand.reads();
        stand.writes(&format!("CUT-{round}"));
    }
    history.readers(stand.world.plain()).iter().for_each(|reader| drop(history.recompute(reader)));
    assert_eq!(stand.world.terminate().code(), Some(0));
    let doctor = stand.world.command().args(["doctor", "--data"]).arg(stand.world.data()).output().unwrap();
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    let (devices, checkpoints) = (known.lock().unwrap().len(), history.count());
    assert!(all > 0 && devices > 50 && checkpoints > 10, "{all} sectors, {devices} devices, {checkpoints} checkpoints");
    say(&format!("{rounds} power cuts took {taken} of {all} sectors back; {devices} devices acknowledged and there"));
}
