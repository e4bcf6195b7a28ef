//! How a device gets on with an action.

use super::{Refusal, Who, reply, request};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use tegata_domain::action::{Execution, Feedback, Finished};
use tegata_domain::id::ActionRow;
use tegata_usecase::{Cx, action};
use tegata_wire::ddi;

/// The body of a feedback, in our words.
pub async fn read(request: Request) -> Result<Feedback, Refusal> {
    let said = ddi::request::Feedback::parse(&request::body(request).await?)?;
    let execution = match said.execution {
        ddi::Execution::Closed => Execution::Closed,
        ddi::Execution::Proceeding => Execution::Proceeding,
        ddi::Execution::Canceled => Execution::Canceled,
        ddi::Execution::Scheduled => Execution::Scheduled,
        ddi::Execution::Rejected => Execution::Rejected,
        ddi::Execution::Resumed => Execution::Resumed,
        ddi::Execution::Download => Execution::Download,
        ddi::Execution::Downloaded => Execution::Downloaded,
    };
    let finished = match said.finished {
        ddi::Finished::Success => Finished::Success,
        ddi::Finished::Failure => Finished::Failure,
        ddi::Finished::None => Finished::None,
    };
    Ok(Feedback { execution, finished, code: said.code, details: said.details, progress: said.progress })
}

/// `POST deploymentBase/{action}/feedback`.
pub async fn post(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<request::Action>,
    request: Request,
) -> Result<Response, Refusal> {
    let feedback = read(request).await?;
    let who = who.again(&cx).await?;
    action::feedback(ActionRow(path.row()?), &who.device, feedback, &cx).await?;
    Ok(reply::taken())
}
