//! Rights that can end: a token is judged once more in the transaction of what it carries.
//!
//! Why here: a request is judged when it begins and when its body is here, but only the committer knows what came
//! first. Invariant: what is committed after the end of a token does not rest on it.

use crate::engine::prepare;
use crate::error::Error;
use rusqlite::{Connection, OptionalExtension};
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

fn expires(c: &Connection, token: TokenRow) -> Result<Option<Timestamp>, Error> {
    let text = "select expires_at from token where id = $1 and ended_at is null";
    let found: Option<i64> = prepare(c, text)?.query_row([token.0], |row| row.get(0)).optional()?;
    Ok(found.map(Timestamp::from_millis))
}
