//! One line of the list: a route with concrete parameters and body, and what it answers to whom.

use crate::stock::Stock;
use tegata::wiring::{Access, Method};
use tegata_domain::permit::Operation;
use tegata_testkit::api::Message;

/// What makes the message that a route is sent.
pub type Call = Box<dyn Fn(&Stock) -> Message>;

/// A line.
pub struct Case {
    /// Method of the route.
    pub method: Method,
    /// Path of the route, as wiring has it.
    pub route: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Token routes: the right that it takes.
    pub operation: Option<Operation>,
    /// Token routes: the use cases behind it, as the list of use cases names them.
    pub usecases: &'static [&'static str],
    /// Status for who may.
    pub done: u16,
    /// Token routes: status for the administrator of another organisation.
    pub stranger: u16,
    /// The message, which does what the route is for.
    pub call: Call,
}

impl Case {
    /// A route that anybody may call; answers 200.
    pub fn public(route: &'static str, call: impl Fn(&Stock) -> Message + 'static) -> Case {
        Case {
            method: Method::Get,
            route,
            access: Access::Public,
            operation: None,
            usecases: &[],
            done: 200,
            stranger: 200,
            call: Box::new(call),
        }
    }

    /// A route of devices; answers 200.
    pub fn device(route: &'static str, call: impl Fn(&Stock) -> Message + 'static) -> Case {
        Case { method: Method::Post, access: Access::Device, ..Case::public(route, call) }
    }

    /// A route that takes a token with a right. What the path names is another's for a stranger: 404.
    pub fn token(
        method: Method,
        route: &'static str,
        operation: Operation,
        call: impl Fn(&Stock) -> Message + 'static,
    ) -> Case {
        Case { method, access: Access::Token, operation: Some(operation), stranger: 404, ..Case::public(route, call) }
    }

    /// A page of who is logged in, with a right. What the path names is another's for a stranger: 404.
    pub fn page(route: &'static str, operation: Operation, call: impl Fn(&Stock) -> Message + 'static) -> Case {
        Case { access: Access::Login, ..Case::token(Method::Get, route, operation, call) }
    }

    /// A form of who is logged in; the token of the login is put to its fields. It leads on.
    pub fn form(route: &'static str, operation: Operation, call: impl Fn(&Stock) -> Message + 'static) -> Case {
        Case { method: Method::Post, done: 303, ..Case::page(route, operation, call) }
    }

    /// The use cases behind it.
    pub fn through(self, usecases: &'static [&'static str]) -> Case {
        Case { usecases, ..self }
    }

    /// Another status for who may.
    pub fn answers(self, done: u16) -> Case {
        Case { done, ..self }
    }

    /// Another status for a stranger's administrator.
    pub fn stranger(self, stranger: u16) -> Case {
        Case { stranger, ..self }
    }

    /// Whether this line is one of a route.
    pub fn is_of(&self, route: &tegata::wiring::Route) -> bool {
        (self.method, self.route, self.access) == (route.method, route.path, route.access)
    }

    /// The message; its path must be one of the route.
    pub fn message(&self, stock: &Stock) -> Message {
        let message = (self.call)(stock);
        let path = message.path.split('?').next().unwrap_or_default();
        assert!(matches(self.route, path), "{path} is no path of {}", self.route);
        assert_eq!(message.method, word(self.method), "{}", self.route);
        message
    }
}

/// Its word in a request.
pub fn word(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    }
}

/// Whether `path` is one of `route`, whose parameters stand in braces.
fn matches(route: &str, path: &str) -> bool {
    let (mut pattern, mut parts) = (route.split('/'), path.split('/'));
    loop {
        match (pattern.next(), parts.next()) {
            (None, None) => return true,
            (Some(p), Some(part)) if p.starts_with("{*") => return !part.is_empty(),
            (Some(p), Some(part)) if p == part || (p.starts_with('{') && !part.is_empty()) => {}
            _ => return false,
        }
    }
}

#[test]
fn paths_match_their_routes() {
    assert!(matches("/a/{id}/b", "/a/7/b") && matches("/t/{*rest}", "/t/0/000") && matches("/", "/"));
    assert!(!matches("/a/{id}", "/a/7/b") && !matches("/a/{id}/b", "/a/7") && !matches("/a/{id}", "/a/"));
}

/// Every line there is.
pub fn all() -> Vec<Case> {
    let parts = [
        crate::resources::all(),
        crate::protocols::all(),
        crate::pages::all(),
        crate::console::all(),
        crate::line::all(),
        crate::ways::all(),
    ];
    parts.into_iter().flatten().collect()
}
