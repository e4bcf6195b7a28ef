//! The commands that do something.

use super::{Answer, Attest, Consent, Credential, Enrol, Erase, Now, Run, Show, Word, show};
use crate::cx::Cx;
use crate::ddi::Ddi;
use crate::error::{Error, Result};
use crate::link::Link;
use crate::run::Runner;
use crate::{
    answer as answers, attest as attestation, credential as credentials, enrol as enrolment, erase as erasure,
};
use crate::{head, heartbeat, update};
use serde_json::json;
use std::time::{Duration, Instant};

/// An erased device does nothing more for anybody.
fn alive(cx: &Cx) -> Result<()> {
    match erasure::state(cx)? {
        erasure::State::None => Ok(()),
        _ => Err(Error::Other("the erasure of this device has begun: only status and erase are left".into())),
    }
}

pub(super) fn enrol(command: &Enrol) -> Result<u8> {
    let cx = command.place.open()?;
    let _lock = command.place.lock()?;
    alive(&cx)?;
    if command.forget_log {
        head::forget(&cx)?;
    }
    enrolment::enrol(&cx)?;
    println!("enrolled: the operational certificate is used from the next heartbeat on");
    Ok(0)
}

pub(super) fn run(command: &Run) -> Result<u8> {
    let cx = command.place.open()?;
    let _lock = command.place.lock()?;
    let mut runner = Runner::new(cx.clone());
    let mut last = String::new();
    loop {
        let round = runner.round();
        let told: Vec<String> = round.problems.iter().map(Error::to_string).collect();
        let told = told.join("; ");
        // the same trouble again and again fills no log
        if told != last && !told.is_empty() {
            cx.say(&told);
        }
        last = told;
        if round.ended {
            cx.say("the device is erased; the receipt is in erasure.json");
            return Ok(0);
        }
        if command.once {
            return Ok(round.problems.iter().map(Error::exit_code).max().unwrap_or(0));
        }
        if rest(&cx, round.wait.max(Duration::from_millis(100)))? {
            runner.hurry();
        }
    }
}

/// How often an agent that rests looks whether a button was pressed.
const LOOK: Duration = Duration::from_secs(1);

/// Rests so long, or until somebody asks for a heartbeat now; answers whether somebody did.
#[expect(clippy::disallowed_methods, reason = "it only waits: what is due is told by the agent's own clocks")]
fn rest(cx: &Cx, wait: Duration) -> Result<bool> {
    let start = Instant::now();
    loop {
        if cx.folder.read(answers::NOW)?.is_some() {
            cx.folder.remove(answers::NOW)?;
            return Ok(true);
        }
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(false);
        }
        std::thread::sleep(left.min(LOOK));
    }
}

pub(super) fn answer(command: &Now) -> Result<u8> {
    let cx = command.place.open()?;
    alive(&cx)?;
    let Some(_lock) = command.place.try_lock()? else {
        cx.folder.save(answers::NOW, b"")?;
        println!("the agent that runs here beats at once, and signs if it was asked to");
        return Ok(0);
    };
    let signed = Runner::new(cx).beat_now()?;
    println!("{}", if signed { "signed: the device's page shows it" } else { "nobody asks this device to sign" });
    Ok(0)
}

pub(super) fn update_check(command: &Show) -> Result<u8> {
    let cx = command.place.open()?;
    alive(&cx)?;
    let unknown = || Error::Other("the management number is not known yet: it comes with the first heartbeat".into());
    let number = heartbeat::number(&cx)?.ok_or_else(unknown)?;
    let identity = enrolment::operational(&cx)?.map_or_else(|| enrolment::idevid(&cx), |(own, _)| Ok(own))?;
    let link = Link::new(&cx.config.device_url, &enrolment::trust(&cx)?, Some(&identity));
    let found = update::look(&cx, &Ddi::new(&link, &cx.config.tenant, &number))?;
    show(&found, command.json);
    Ok(0)
}

pub(super) fn consent(command: &Consent) -> Result<u8> {
    let cx = command.place.open()?;
    let yes = command.answer == Answer::Yes;
    let version = update::answer(&cx, yes)?;
    println!("version {version}: {}", if yes { "it is installed at the next poll" } else { "it is refused" });
    Ok(0)
}

pub(super) fn credential(command: &Credential) -> Result<u8> {
    let cx = command.place.open()?;
    let state = match command.state {
        Word::Initial => credentials::Credential::Initial,
        Word::Changed => credentials::Credential::Changed,
        Word::None => credentials::Credential::None,
    };
    credentials::save(&cx, state)?;
    println!("told with the next heartbeat: {}", state.name());
    Ok(0)
}

pub(super) fn attest(command: &Attest) -> Result<u8> {
    let cx = command.place.open()?;
    alive(&cx)?;
    println!("{}", attestation::attest(&cx, command.nonce.as_deref())?);
    Ok(0)
}

pub(super) fn erase(command: &Erase) -> Result<u8> {
    let cx = command.place.open()?;
    let _lock = command.place.lock()?;
    if let Some(number) = heartbeat::number(&cx)?
        && heartbeat::plain(&number) != heartbeat::plain(&command.confirm)
    {
        return Err(Error::Other("this is another device: its management number is not the one confirmed".into()));
    }
    erasure::begin(&cx)?;
    erasure::proceed(&cx)?;
    show(&json!({ "erased": true, "receipt": erasure::receipt(&cx) }), true);
    Ok(0)
}
