//! Gives a device a token for update polls. Its secret is shown once; the store keeps a hash.

use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::target_token::TargetToken;
use tegata_keys::{digest, secret};

/// A new token for a device; the one that it had opens nothing any more.
pub async fn issue(number: Number, actor: &Actor, cx: &Inner) -> Result<String> {
    let device = load(number, cx).await?;
    let permit = actor.permit(Operation::IssueTargetToken, &device).map_err(|e| hide(e, "device"))?;
    let now = cx.now()?;
    let text = secret::target_token(&*cx.chance);
    let token = TargetToken::issue(&device, digest::sha256(text.as_bytes()), now);
    let token = token.map_err(|e| Error::conflict("life", e))?;
    cx.store.save(Change::of(number.masked(), vec![Write::TargetToken(token)]), &permit, now).await?;
    Ok(text)
}
