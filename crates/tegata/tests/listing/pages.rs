//! The routes of pages and operation.

use crate::case::Case;
use crate::stock::Stock;
use tegata::wiring::Method;
use tegata_testkit::api::Message;
use tegata_testkit::console::{self, Console};
use tegata_testkit::factory::GTIN;

fn get(path: impl Into<String>) -> Message {
    Message::new("GET", path)
}

/// The lines.
pub fn all() -> Vec<Case> {
    vec![
        Case::public("/", |_| get("/")),
        Case::public("/d", |s| get(format!("/d?number={}", s.unit.number))).answers(303),
        Case::public("/d/{number}", |s| get(format!("/d/{}", s.unit.number))),
        Case::public("/d/{number}/proof/{sequence}", |s| get(format!("/d/{}/proof/1", s.unit.number))),
        // it was not put into use: what asks it before, and who may ask how often, stands in the suite of use cases
        Case {
            method: Method::Post,
            ..Case::public("/d/{number}/ask", |s| {
                Message::new("POST", format!("/d/{}/ask", s.unit.number)).header("accept", "application/json")
            })
            .answers(409)
        },
        // one without words: a good one is taken three times a day, and a listing asks oftener
        Case {
            method: Method::Post,
            ..Case::public("/d/{number}/report", |s| {
                Message::new("POST", format!("/d/{}/report", s.unit.number))
                    .header("accept", "application/json")
                    .body("application/x-www-form-urlencoded", "kind=other&text=")
            })
            .answers(400)
        },
        Case::public("/01/{gtin}", |_| get(format!("/01/{GTIN}"))),
        Case::public("/01/{gtin}/21/{serial}", |s| get(format!("/01/{GTIN}/21/{}?n={}", s.unit.serial, s.unit.number))),
        Case::public("/n/{code}", |s| get(s.letter.clone())),
        Case {
            method: Method::Post,
            ..Case::public("/n/{code}", |s| Message::new("POST", s.letter.clone())).answers(303)
        },
        Case::public("/claim", |_| get("/claim")),
        Case { method: Method::Post, ..Case::public("/claim", claim).answers(303) },
        Case::public("/login", |_| get("/login")),
        Case { method: Method::Post, ..Case::public("/login", log_in).answers(303) },
        Case::public("/invitation/{code}", |s| get(s.invitation())),
        Case { method: Method::Post, ..Case::public("/invitation/{code}", accept).answers(303) },
        Case::public("/guide", |_| get("/guide")),
        Case::public("/guide/{role}", |_| get("/guide/owner")),
        Case::public("/assets/{file}", |s| get(s.stylesheet.clone())),
        Case::public("/healthz", |_| get("/healthz")),
        Case::public("/readyz", |_| get("/readyz")),
        Case::public("/metrics", |_| get("/metrics")),
        Case::public("/operation", |_| get("/operation")),
    ]
}

/// A form of who is not logged in, from a browser that asked for it.
fn filled(s: &Stock, path: &str, with: &[(&str, &str)]) -> Message {
    let browser = Console::new(&s.world.public());
    let token = browser.page_token(path);
    let body = console::fields(&[&[("token", &*token)], with].concat());
    Message::new("POST", path).body("application/x-www-form-urlencoded", body).header("cookie", browser.cookies())
}

fn log_in(s: &Stock) -> Message {
    let (name, password) = &s.world.first.login;
    filled(s, "/login", &[("name", name), ("password", password)])
}

/// A household of its own, with a device that nobody needs again.
fn claim(s: &Stock) -> Message {
    let with = [("code", &*s.code()), ("name", &s.fresh()), ("password", console::PASSWORD)];
    filled(s, "/claim", &with)
}

fn accept(s: &Stock) -> Message {
    filled(s, &s.invitation(), &[("name", &s.fresh()), ("password", console::PASSWORD)])
}
