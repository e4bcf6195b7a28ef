//! The list of notices in the console: handlers. The page behind the link of a letter is [`crate::notice`].

use crate::desk::{Desk, From, Nothing, Posted};
use crate::page::notices::{self as page, Listed};
use crate::product::{PAGE, id};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use tegata_domain::permit::Operation::ReceiveNotice;
use tegata_usecase::{Cx, Error, cursor, notice};

/// `GET /console/notices`.
pub async fn list(State(cx): State<Cx>, desk: Desk, Query(from): Query<From>) -> Response {
    let listed = async {
        let after = cursor::decode(from.after.as_deref(), &cx)?;
        let all = notice::list(after, PAGE, desk.visitor.actor(), &cx).await?;
        let rows: Vec<i64> = all.iter().map(|one| one.row).collect();
        let next = desk.turn(&rows, PAGE, &cx)?;
        let listed = Listed { all: &all, next: next.as_deref(), form: desk.form(ReceiveNotice) };
        Ok(desk.show(&page::render(&desk.place(), &listed)))
    };
    listed.await.unwrap_or_else(|error: Error| desk.refuse(error))
}

/// `POST /console/notices/{id}/receipt`.
pub async fn receive(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let received = async { notice::receive(id(&text, "notice")?, desk.visitor.actor(), &cx).await };
    desk.done(received.await.map(drop), "/console/notices")
}
