//! From an error to a refusal as DDI clients know it, once for all of its resources.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tegata_usecase::{Error, Kind};
use tegata_wire::ddi::answer;
use tegata_wire::ddi::request::RequestError;

/// A refusal on its way out.
#[derive(Debug)]
pub enum Refusal {
    /// A use case refused.
    Case(Error),
    /// The edge refused: status, class and code in hawkBit's words, and what to do.
    Edge(StatusCode, &'static str, &'static str, String),
}

impl Refusal {
    /// What only the edge knows of.
    pub fn edge(status: StatusCode, words: (&'static str, &'static str), message: impl Into<String>) -> Self {
        Refusal::Edge(status, words.0, words.1, message.into())
    }

    fn words(&self) -> (StatusCode, &'static str, String, &str) {
        let error = match self {
            Refusal::Edge(status, class, code, message) => return (*status, class, (*code).to_owned(), message),
            Refusal::Case(error) => error,
        };
        let status = match (error.kind, error.code) {
            // hawkBit's statuses for these two
            (Kind::Conflict, "closed") => StatusCode::GONE,
            (Kind::Conflict, "not_cancelling") => StatusCode::METHOD_NOT_ALLOWED,
            _ => StatusCode::from_u16(error.problem().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let (class, code) = match (error.kind, error.code) {
            (Kind::NotFound, _) => ("NotFound", "repo.entityNotFound".to_owned()),
            (Kind::Throttled, "too_many") => ("QuotaExceeded", "quota.tooManyEntries".to_owned()),
            (_, code) => ("Refused", code.to_owned()),
        };
        (status, class, code, &error.public)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Case(error)
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Invalid(text) => {
                let words = ("NotReadable", "rest.body.notReadable");
                Refusal::edge(StatusCode::BAD_REQUEST, words, text)
            }
            RequestError::TooMany(text) => {
                let words = ("QuotaExceeded", "quota.tooManyEntries");
                Refusal::edge(StatusCode::TOO_MANY_REQUESTS, words, text)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, class, code, message) = self.words();
        let body = answer::refusal(class, &code, message);
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        let headers = response.headers_mut();
        let passing = matches!(&self, Refusal::Case(error) if error.kind.is_passing());
        let fields = [
            (status == StatusCode::UNAUTHORIZED, header::WWW_AUTHENTICATE, "TargetToken"),
            // no method of this resource is allowed at present (RFC 9110 §10.2.1)
            (status == StatusCode::METHOD_NOT_ALLOWED, header::ALLOW, ""),
            (passing, header::RETRY_AFTER, "1"),
        ];
        for (_, name, value) in fields.into_iter().filter(|(wanted, ..)| *wanted) {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Refusal::Case(error) = self {
            response.extensions_mut().insert(std::sync::Arc::new(error));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_that_clients_know() {
        let status = |error: Error| Refusal::from(error).into_response().status().as_u16();
        assert_eq!(status(Error::conflict("closed", "x")), 410);
        assert_eq!(status(Error::conflict("not_cancelling", "x")), 405);
        assert_eq!(status(Error::conflict("exists", "x")), 409);
        assert_eq!(status(Error::new(Kind::Throttled, "too_many", "x")), 429);
        assert_eq!(status(Error::not_found("action")), 404);
        assert_eq!(Refusal::from(RequestError::TooMany("x".into())).into_response().status(), 429);
        let refused = Refusal::from(Error::new(Kind::NoCredential, "no_credential", "x")).into_response();
        assert_eq!(refused.headers()["www-authenticate"], "TargetToken");
    }
}
