//! From an error to a reply, once for all machine protocols.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tegata_usecase::Error;
use tegata_wire::problem::{MEDIA_TYPE, Problem};

/// A refusal on its way out.
pub struct Status(pub Error);

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Status(error)
    }
}

/// A refusal that only an edge knows of.
pub fn wrong(status: StatusCode, code: &'static str, detail: &str) -> Response {
    reply(Problem::new(status.as_u16(), code, detail))
}

fn reply(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], problem.object().to_string()).into_response()
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        let Status(error) = self;
        let mut response = reply(error.problem());
        if error.kind.is_passing() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response.extensions_mut().insert(std::sync::Arc::new(error));
        response
    }
}
