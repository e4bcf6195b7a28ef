//! From the secret of a browser to who is logged in.

use super::Visitor;
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use tegata_domain::login::{Login, SEEN_STEP};

/// Who holds this secret. An unknown, ended or expired one is refused in the same words.
pub async fn authenticate(secret: &str, cx: &Inner) -> Result<Visitor> {
    let refused = || Error::new(Kind::NoCredential, "login", "you are not logged in, or not any more; log in");
    let hash = tegata_keys::secret::login_hash(secret).ok_or_else(refused)?;
    let mut login = cx.store.login().by_hash(&hash).await?.ok_or_else(refused)?;
    let now = cx.reading()?;
    if login.holds(now) && now.since(login.seen_at) >= SEEN_STEP {
        login.seen_at = now;
        cx.store.login().seen(login.row, now).await?;
    }
    standing(login, cx).await?.ok_or_else(refused)
}

/// Who stands behind a login now; `None` where it holds no more, or opens nothing any more.
pub(crate) async fn standing(login: Login, cx: &Inner) -> Result<Option<Visitor>> {
    if !login.holds(cx.reading()?) {
        return Ok(None);
    }
    let role = cx.store.membership().role(login.organisation, login.account).await?;
    let account = cx.store.account().by_row(login.account).await?;
    let organisation = cx.store.organisation().by_row(login.organisation).await?;
    let (Some(role), Some(account), Some(organisation)) = (role, account, organisation) else { return Ok(None) };
    Ok(Some(Visitor::new(login, account, organisation, role)))
}
