//! What the device says of its first password: written by its user interface, told to the platform.

use crate::cx::Cx;
use crate::error::Result;
pub use tegata_wire::heartbeat::Credential;

const FILE: &str = "credential";
const ALL: [Credential; 3] = [Credential::Initial, Credential::Changed, Credential::None];

/// What was said last; `None` when the device never said anything, or something that is no word.
pub fn read(cx: &Cx) -> Result<Option<Credential>> {
    let word = cx.folder.text(FILE)?;
    Ok(word.and_then(|word| ALL.into_iter().find(|credential| credential.name() == word)))
}

/// Says it.
pub fn save(cx: &Cx, credential: Credential) -> Result<()> {
    Ok(cx.folder.save(FILE, credential.name().as_bytes())?)
}
