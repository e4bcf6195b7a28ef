//! Logins of people: opened by a proof, carried by a cookie, judged anew for each request, ended.

mod authenticate;
mod carried;
mod end;
mod factor;
mod known;
mod open;
pub mod outside;
pub mod passkey;
mod raise;
mod read;
mod switch;
mod ticket;
mod tries;
mod visitor;

pub use authenticate::authenticate;
pub(crate) use authenticate::standing;
pub(crate) use carried::{carried, carry, over};
pub use end::{end, end_of, end_others};
pub use factor::factor;
pub(crate) use factor::wrong as wrong_code;
pub use open::{Attempt, Opened, Step, confirm, password};
pub(crate) use open::{Attempted, establish, shortened};
pub(crate) use raise::raise;
pub use read::{Standing, of};
pub use switch::{houses, switch};
pub use tries::Guard;
pub use visitor::Visitor;

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::login::LIFE;

/// Whether two texts are the same, in a time that tells nothing of where they differ.
pub fn same(a: &str, b: &str) -> bool {
    tegata_keys::secret::same(a.as_bytes(), b.as_bytes())
}

/// Takes away what expired a while ago, some at a time until none is left; how many.
pub async fn sweep(cx: &Inner) -> Result<u64> {
    let (before, mut all) = (cx.now()?.minus(LIFE), 0);
    loop {
        match cx.store.login().sweep(before).await? {
            0 => return Ok(all),
            some => all += some,
        }
    }
}
