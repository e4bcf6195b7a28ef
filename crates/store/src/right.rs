//! Rights that can end: a token or a login is judged once more in the transaction of what it carries.
//!
//! Why here: a request is judged when it begins and when its body is here, but only the committer knows what came
//! first. Invariant: what is committed after the end of a token or login does not rest on it.

use crate::engine::{Connection, time};
use crate::error::Error;
use std::collections::HashMap;
use tegata_domain::permit::Right;
use tegata_domain::time::Timestamp;

/// Rights as one transaction found them: when they expire, or nothing where they have ended.
#[derive(Default)]
pub(crate) struct Rights(HashMap<Right, Option<Timestamp>>);

impl Rights {
    /// Whether a right still stands; what rests on nothing does.
    pub(crate) fn stand(&mut self, c: &Connection, right: Option<(Right, Timestamp)>) -> Result<bool, Error> {
        let Some((right, at)) = right else { return Ok(true) };
        let expires = match self.0.get(&right) {
            Some(known) => *known,
            None => {
                let found = expires(c, right)?;
                self.0.insert(right, found);
                found
            }
        };
        Ok(expires.is_some_and(|expires| at < expires))
    }
}

/// Where many nodes write, the row is held until the commit: its end on another node comes after.
fn expires(c: &Connection, right: Right) -> Result<Option<Timestamp>, Error> {
    let (token, login) = match c.postgres() {
        Some(_) => (
            "select expires_at from token where id = $1 and ended_at is null for share",
            "select expires_at from login where id = $1 and ended_at is null for share",
        ),
        None => (
            "select expires_at from token where id = $1 and ended_at is null",
            "select expires_at from login where id = $1 and ended_at is null",
        ),
    };
    match right {
        Right::Token(row) => c.one(token, [row.0], |row| time(row, 0)),
        Right::Login(row) => c.one(login, [row.0], |row| time(row, 0)),
    }
}
