//! From an error to a status, once for all machine protocols.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tegata_usecase::{Error, Kind};
use tegata_wire::problem::{MEDIA_TYPE, Problem};

/// A refusal on its way out.
pub struct Status(pub Error);

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Status(error)
    }
}

/// A status that only an edge knows of.
pub fn wrong(status: StatusCode, code: &'static str, detail: &str) -> Response {
    reply(Problem::new(status.as_u16(), code, detail))
}

fn code(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::NoCredential => StatusCode::UNAUTHORIZED,
        Kind::Denied => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::NotYet => StatusCode::ACCEPTED,
        Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn reply(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], problem.object().to_string()).into_response()
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        let Status(error) = self;
        let mut response = reply(Problem::new(code(error.kind).as_u16(), error.code, error.public.clone()));
        if matches!(error.kind, Kind::NotYet | Kind::Throttled | Kind::Unavailable) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response.extensions_mut().insert(std::sync::Arc::new(error));
        response
    }
}
