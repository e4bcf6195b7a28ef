//! What is live: marks that tell a page of the console that it moved. The page fetches itself again then.
//!
//! Why an answer that ends at once: the browser's `EventSource` comes back by itself after the time that is named here.
//! So nobody holds a connection open, every mark is asked for with a login that is judged anew, and any node answers.
//! Invariant: a mark has no words of anybody.

use crate::desk::Desk;
use crate::product::id;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use std::fmt::Write;
use tegata_domain::finding::FindingState;
use tegata_usecase::{Cx, Result, batch, campaign, finding};

/// After so many milliseconds the browser asks again.
const AGAIN: u32 = 2000;
/// So many findings are looked at for their mark.
const FINDINGS: u32 = 100;

fn told(mark: Result<String>, desk: &Desk) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    match mark {
        Ok(mark) => (kind, format!("retry: {AGAIN}\ndata: {mark}\n\n")).into_response(),
        Err(error) => desk.refuse(error),
    }
}

/// `GET /console/live/campaigns/{id}`.
pub async fn campaign(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>) -> Response {
    let mark = async {
        let found = campaign::by_uid(id(&text, "campaign")?, desk.visitor.actor(), &cx).await?;
        let mut mark = format!("{}.{}", found.campaign.moves, found.campaign.state.name());
        for group in &found.groups {
            // a device moves from count to count, so their sum alone would not tell
            for (i, count) in group.counts.0.iter().enumerate().filter(|(_, count)| **count > 0) {
                let _ = write!(mark, ".{i}-{count}");
            }
        }
        Ok(mark)
    };
    told(mark.await, &desk)
}

/// `GET /console/live/batches/{id}`.
pub async fn batch(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>) -> Response {
    let mark = async {
        let seen = batch::by_uid(id(&text, "batch")?, desk.visitor.actor(), &cx).await?;
        let now = cx.reading()?;
        let refused: u64 = seen.stations.iter().map(|one| one.refused).sum();
        Ok(format!("{}.{refused}.{}", seen.batch.issued, u8::from(seen.batch.permits(now).is_ok())))
    };
    told(mark.await, &desk)
}

/// `GET /console/live/bulks/{id}`.
pub async fn bulk(State(cx): State<Cx>, desk: Desk, Path(text): Path<String>) -> Response {
    told(crate::bulk::mark(&text, &desk, &cx).await, &desk)
}

/// `GET /console/live/overview`.
pub async fn overview(State(cx): State<Cx>, desk: Desk) -> Response {
    let mark = async { Ok(crate::overview::moving(&desk, &cx).await?.mark().to_string()) };
    told(mark.await, &desk)
}

/// `GET /console/live/findings`.
pub async fn findings(State(cx): State<Cx>, desk: Desk) -> Response {
    let mark = async {
        let open = finding::list(Some(FindingState::Open), (0, FINDINGS), desk.visitor.actor(), &cx).await?;
        let sum = open.iter().fold(0i64, |sum, seen| sum.wrapping_mul(31).wrapping_add(seen.cursor));
        Ok(format!("{}.{sum}", open.len()))
    };
    told(mark.await, &desk)
}
