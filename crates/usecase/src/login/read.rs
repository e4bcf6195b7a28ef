//! Reads of one's own logins.

use super::Visitor;
use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::login::Login;

/// A login that stands, and whether it is this one.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The login.
    pub login: Login,
    /// Whose name its organisation has.
    pub organisation: String,
    /// Whether it is the one that asks.
    pub here: bool,
}

/// The logins of the visitor's account that stand, newest first.
pub async fn of(visitor: &Visitor, cx: &Inner) -> Result<Vec<Standing>> {
    let now = cx.reading()?;
    let mut standing = Vec::new();
    for login in cx.store.login().of(visitor.account.row).await?.into_iter().filter(|login| login.holds(now)) {
        let organisation = cx.store.organisation().by_row(login.organisation).await?;
        let organisation = organisation.map(|o| o.name).unwrap_or_default();
        standing.push(Standing { here: login.row == visitor.login.row, login, organisation });
    }
    Ok(standing)
}
