//! From an error to a status and a problem, once for the whole API.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tegata_usecase::Error;
use tegata_wire::problem::{MEDIA_TYPE, Problem};

/// A refusal on its way out.
pub enum Status {
    /// A use case refused.
    Refused(Error),
    /// The edge refused: what only HTTP knows of.
    Edge(Problem),
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Status::Refused(error)
    }
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        let (problem, error) = match self {
            Status::Refused(error) => (error.problem(), Some(error)),
            Status::Edge(problem) => (problem, None),
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = problem.object().to_string();
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        let headers = response.headers_mut();
        if error.as_ref().is_some_and(|e| e.kind.is_passing()) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(error) = error {
            response.extensions_mut().insert(std::sync::Arc::new(error));
        }
        response
    }
}
