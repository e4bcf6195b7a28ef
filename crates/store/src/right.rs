//! Rights that can end: a token is judged once more in the transaction of what it carries.
//!
//! Why here: a request is judged when it begins and when its body is here, but only the committer knows what came
//! first. Invariant: what is committed after the end of a token does not rest on it.

use crate::engine::Connection;
use crate::error::Error;
use std::collections::HashMap;
use tegata_domain::id::TokenRow;
use tegata_domain::time::Timestamp;

/// Tokens as one transaction found them: when they expire, or nothing where they have ended.
#[derive(Default)]
pub(crate) struct Rights(HashMap<TokenRow, Option<Timestamp>>);

impl Rights {
    /// Whether a right still stands; what rests on no token does.
    pub(crate) fn stand(&mut self, c: &Connection, right: Option<(TokenRow, Timestamp)>) -> Result<bool, Error> {
        let Some((token, at)) = right else { return Ok(true) };
        let expires = match self.0.get(&token) {
            Some(known) => *known,
            None => {
                let found = expires(c, token)?;
                self.0.insert(token, found);
                found
            }
        };
        Ok(expires.is_some_and(|expires| at < expires))
    }
}

/// Where many nodes write, the row is held until the commit: its end on another node comes after.
fn expires(c: &Connection, token: TokenRow) -> Result<Option<Timestamp>, Error> {
    let text = match c.postgres() {
        Some(_) => "select expires_at from token where id = $1 and ended_at is null for share",
        None => "select expires_at from token where id = $1 and ended_at is null",
    };
    c.one(text, [token.0], |row| crate::engine::time(row, 0))
}
