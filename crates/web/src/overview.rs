//! The overview of the console: handler.

use crate::desk::Desk;
use crate::page::console::overview;
use axum::extract::State;
use axum::response::Response;
use tegata_usecase::Cx;

/// `GET /console`.
pub async fn show(State(cx): State<Cx>, desk: Desk) -> Response {
    match cx.reading() {
        Ok(now) => overview::render(&desk, now),
        Err(error) => desk.refuse(error),
    }
}
