//! From the secret of a browser to who is logged in.

use super::Visitor;
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use tegata_domain::login::SEEN_STEP;

/// Who holds this secret. An unknown, ended or expired one is refused in the same words.
pub async fn authenticate(secret: &str, cx: &Inner) -> Result<Visitor> {
    let refused = || Error::new(Kind::NoCredential, "login", "you are not logged in, or not any more; log in");
    let hash = tegata_keys::secret::login_hash(secret).ok_or_else(refused)?;
    let mut login = cx.store.login().by_hash(&hash).await?.ok_or_else(refused)?;
    let now = cx.reading()?;
    if !login.holds(now) {
        return Err(refused());
    }
    let role = cx.store.membership().role(login.organisation, login.account).await?.ok_or_else(refused)?;
    let account = cx.store.account().by_row(login.account).await?.ok_or_else(refused)?;
    let organisation = cx.store.organisation().by_row(login.organisation).await?.ok_or_else(refused)?;
    if now.since(login.seen_at) >= SEEN_STEP {
        login.seen_at = now;
        cx.store.login().seen(login.row, now).await?;
    }
    Ok(Visitor::new(login, account, organisation, role))
}
