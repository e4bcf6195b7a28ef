//! Organisations, and tokens of every role.

use crate::api::Api;
use crate::factory::{id, text};
use serde_json::json;
use tegata_domain::permit::Role;

/// A token: its id, and the secret.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// What its holder sends.
    pub secret: String,
}

/// Enters an organisation of these kinds; answers it with its administrator's secret. `api` is the platform's.
#[track_caller]
pub fn organisation(api: &Api, name: &str, kinds: &[&str]) -> Token {
    let answer = api.post("/api/v1/organisations", &json!({ "name": name, "kinds": kinds })).expect(201);
    Token { id: id(&answer), secret: text(&answer.json(), "token") }
}

/// Makes a token of a role in the organisation of `api`.
#[track_caller]
pub fn token(api: &Api, role: Role) -> Token {
    let answer = api.post("/api/v1/tokens", &json!({ "name": role.name(), "role": role.name() })).expect(201);
    Token { id: id(&answer), secret: text(&answer.json(), "token") }
}

/// A client for every role of the organisation of `api`.
#[track_caller]
pub fn every_role(api: &Api) -> Vec<(Role, Api)> {
    Role::ALL.into_iter().map(|role| (role, api.bearer(&token(api, role).secret))).collect()
}
