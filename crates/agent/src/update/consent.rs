//! Consent to an installation: by configuration, or a person's, to this very action.

use super::Update;
use crate::config::Consent;
use crate::cx::Cx;
use crate::ddi::{Ddi, Refused};
use crate::error::{Error, Result};
use crate::release::Own;
use crate::status;
use serde::{Deserialize, Serialize};

/// What waits for a person's consent: action and version.
const ASKED: &str = "asked.json";
/// A person's answer: `yes` or `no`, and the action.
const CONSENT: &str = "consent";

#[derive(Serialize, Deserialize, PartialEq)]
struct Asked {
    action: String,
    version: String,
}

/// Consents, or not, as the configuration, the release and perhaps a person say.
pub(super) fn confirm(cx: &Cx, ddi: &Ddi<'_>, href: &str) -> Result<()> {
    let Some(update) = judged(cx, ddi, href)? else { return Ok(()) };
    let answer = match cx.config.update.consent {
        Consent::Always => Some(true),
        Consent::Ask => consent(cx, &update)?,
    };
    let Some(yes) = answer else { return Ok(()) };
    let text = if yes { "the device agrees" } else { "a person at the device said no" };
    ddi.confirm(&update.action, yes, &[text])?;
    forget(cx)
}

/// Forgets question and answer.
pub(super) fn forget(cx: &Cx) -> Result<()> {
    cx.folder.remove(ASKED)?;
    Ok(cx.folder.remove(CONSENT)?)
}

/// What waits, if this device takes it. What is refused is answered with a no, since the action is not open yet.
fn judged(cx: &Cx, ddi: &Ddi<'_>, href: &str) -> Result<Option<Update>> {
    let (action, why) = match ddi.deployment(href) {
        Ok(offered) => match Own::gather(cx)?.judge(&offered) {
            Ok(manifest) => return Ok(Some(Update::new(&offered, &manifest))),
            Err(why) => (offered.action, why),
        },
        Err(Refused::Content { action, why }) => (action, why),
        Err(Refused::Link(error)) => return Err(error.into()),
    };
    status::change(cx, |status| status.update = Some(format!("refused: {why}")))?;
    ddi.confirm(&action, false, &[&why])?;
    Ok(None)
}

/// A person's answer to this very action; asks when nobody asked yet.
fn consent(cx: &Cx, update: &Update) -> Result<Option<bool>> {
    let asked = Asked { action: update.action.clone(), version: update.version.clone() };
    if cx.folder.json::<Asked>(ASKED).ok().flatten().as_ref() != Some(&asked) {
        cx.folder.save_json(ASKED, &asked)?;
        cx.say(format!("version {} waits for consent: tegata-agent consent yes", update.version));
    }
    let said = cx.folder.text(CONSENT)?.unwrap_or_default();
    Ok(match said.split_once(' ') {
        Some(("yes", action)) if action == update.action => Some(true),
        Some(("no", action)) if action == update.action => Some(false),
        _ => None,
    })
}

/// A person answers. Answers the version that it is about.
pub fn answer(cx: &Cx, yes: bool) -> Result<String> {
    let asked: Option<Asked> = cx.folder.json(ASKED)?;
    let asked = asked.ok_or_else(|| Error::Other("nothing waits for consent".into()))?;
    let word = if yes { "yes" } else { "no" };
    cx.folder.save(CONSENT, format!("{word} {}", asked.action).as_bytes())?;
    Ok(asked.version)
}

/// The version that waits for consent.
pub fn asked(cx: &Cx) -> Option<String> {
    cx.folder.json::<Asked>(ASKED).ok().flatten().map(|asked| asked.version)
}
