//! From an error to a status and a problem, once for the whole API.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tegata_usecase::{Error, Kind};
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

/// The problem that an error is on the wire.
pub fn problem(error: &Error) -> Problem {
    let status = match error.kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::NoCredential => StatusCode::UNAUTHORIZED,
        Kind::Denied => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::NotYet => StatusCode::ACCEPTED,
        Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Problem::new(status.as_u16(), error.code, error.public.clone())
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        let (problem, error) = match self {
            Status::Refused(error) => (problem(&error), Some(error)),
            Status::Edge(problem) => (problem, None),
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = problem.object().to_string();
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        let headers = response.headers_mut();
        match error.as_ref().map(|e| e.kind) {
            Some(Kind::NotYet | Kind::Throttled | Kind::Unavailable) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Some(Kind::NoCredential) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        if let Some(error) = error {
            response.extensions_mut().insert(std::sync::Arc::new(error));
        }
        response
    }
}
