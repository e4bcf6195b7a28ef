//! A browser's part in the console: cookies, forms with their token, who is logged in.
//!
//! It follows nothing and runs nothing: what a page does with a script is tried in a real browser.

use crate::api::{Answer, Api, Message};
use crate::factory::text;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tegata_domain::permit::Role;

/// A browser with its cookies. Cloned, it is the same browser.
#[derive(Clone)]
pub struct Console {
    api: Api,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

/// A password that nothing refuses.
pub const PASSWORD: &str = "three horses drink";

/// The value of a hidden field, in the first form that has it.
pub fn hidden(page: &str, name: &str) -> Option<String> {
    let start = format!("name=\"{name}\" value=\"");
    Some(page.split_once(&start)?.1.split('"').next()?.to_owned())
}

/// Fields as a browser sends them.
pub fn fields(fields: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        let escape = |text: &str| {
            text.bytes().fold(String::new(), |mut out, byte| {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte.into()),
                    other => out.push_str(&format!("%{other:02X}")),
                }
                out
            })
        };
        out.push_str(&format!("{}{}={}", if out.is_empty() { "" } else { "&" }, escape(name), escape(value)));
    }
    out
}

impl Console {
    /// A fresh browser that reaches the server as `api` does.
    pub fn new(api: &Api) -> Console {
        Console { api: api.clone(), cookies: Arc::default() }
    }

    /// Logged in by name and password.
    #[track_caller]
    pub fn logged_in(api: &Api, name: &str, password: &str) -> Console {
        let console = Console::new(api);
        let answer = console.enter(name, password);
        assert_eq!(answer.status, 303, "{}", answer.text());
        console
    }

    /// Sends name and password.
    #[track_caller]
    pub fn enter(&self, name: &str, password: &str) -> Answer {
        let token = self.page_token("/login");
        self.post("/login", &[("token", &token), ("name", name), ("password", password)])
    }

    /// The same browser over another connection, as one that shows a client certificate too.
    pub fn through(&self, api: &Api) -> Console {
        Console { api: api.clone(), cookies: Arc::clone(&self.cookies) }
    }

    /// The token of the forms on a page.
    #[track_caller]
    pub fn page_token(&self, path: &str) -> String {
        let page = self.get(path).expect(200).text();
        hidden(&page, "token").unwrap_or_else(|| panic!("{path} has no form"))
    }

    /// The token of this login.
    #[track_caller]
    pub fn token(&self) -> String {
        self.page_token("/console/account")
    }

    /// A page.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(Message::new("GET", path).header("accept", "text/html"))
    }

    /// A form, with the token among its fields.
    #[track_caller]
    pub fn post(&self, path: &str, with: &[(&str, &str)]) -> Answer {
        self.send(Message::new("POST", path).body("application/x-www-form-urlencoded", fields(with)))
    }

    /// A form of who is logged in.
    #[track_caller]
    pub fn act(&self, path: &str, with: &[(&str, &str)]) -> Answer {
        let token = self.token();
        self.post(path, &[&[("token", &*token)], with].concat())
    }

    /// Sends with the cookies that are kept, and keeps what is set.
    #[track_caller]
    pub fn send(&self, message: Message) -> Answer {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let line = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let message = if line.is_empty() { message } else { message.header("cookie", line) };
        let answer = self.api.call(message);
        let mut kept = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for line in answer.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()) {
            let (pair, rest) = line.split_once(';').expect("a cookie has attributes");
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            match rest.contains("Max-Age=0") {
                true => kept.remove(name),
                false => kept.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    /// The cookies, as a browser sends them.
    pub fn cookies(&self) -> String {
        let kept = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

/// Somebody who comes into the organisation of `api` as this role, by an invitation, and is logged in.
#[track_caller]
pub fn person(api: &Api, public: &Api, name: &str, role: Role) -> Console {
    let asked = json!({ "role": role.name(), "note": name });
    let link = text(&api.post("/api/v1/invitations", &asked).expect(201).json(), "link");
    let path = link.split_once("/invitation/").map(|(_, code)| format!("/invitation/{code}")).expect("a link");
    let console = Console::new(public);
    let token = console.page_token(&path);
    let answer = console.post(&path, &[("token", &token), ("name", name), ("password", PASSWORD)]);
    assert_eq!((answer.status, answer.header("location")), (303, "/console"), "{}", answer.text());
    console
}
