//! Heartbeats: both directions, and what is refused.

use super::*;
use proptest::prelude::*;

fn head() -> impl Strategy<Value = Head> {
    any::<(u32, [u8; 32])>().prop_map(|(sequence, commitment)| Head { sequence, commitment })
}

fn request() -> impl Strategy<Value = Request> {
    let word = prop::option::of(prop::sample::select(vec![Credential::Initial, Credential::Changed, Credential::None]));
    let (version, token) = (prop::option::of(".{0,64}"), prop::option::of(".{0,64}"));
    let nonce = prop::option::of("[A-Za-z0-9_-]{22}");
    (version, word, token, prop::option::of(head()), nonce)
        .prop_map(|(version, credential, token, head, nonce)| Request { version, credential, token, head, nonce })
}

fn answer() -> impl Strategy<Value = Answer> {
    let signed = (head(), ".{0,40}", prop::option::of("[A-Za-z0-9_-]{22}"), ".{0,400}")
        .prop_map(|(head, at, nonce, note)| SignedHead { head, at, nonce, note });
    let challenge = prop::option::of("[A-Za-z0-9_-]{22}");
    (".{0,64}", any::<u32>(), ".{0,24}", signed, any::<(bool, bool, bool)>(), challenge).prop_map(
        |(token, next, number, head, (renew, update, erase), challenge)| Answer {
            token,
            next,
            number,
            head,
            renew,
            update,
            erase,
            challenge,
        },
    )
}

proptest! {
    #[test]
    fn requests_come_back(request in request()) {
        prop_assert_eq!(Request::parse(request.json().as_bytes()), Ok(request));
    }

    #[test]
    fn answers_come_back(answer in answer()) {
        prop_assert_eq!(Answer::parse(answer.json().as_bytes()), Ok(answer));
    }

    #[test]
    fn anything_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _refused = (Request::parse(&bytes), Answer::parse(&bytes));
    }
}

fn check(body: &str, wrong: &str) {
    let refused = Request::parse(body.as_bytes()).unwrap_err();
    assert!(refused.0.contains(wrong), "{body}: {refused}");
}

#[test]
fn says_what_is_wrong() {
    check("{", "no JSON");
    check("[]", "JSON object");
    check(r#"{"credential":"strong"}"#, "initial, changed or none");
    check(r#"{"credential":1}"#, "initial, changed or none");
    check(r#"{"version":1}"#, "version");
    check(r#"{"token":[]}"#, "token");
    check(r#"{"nonce":"short"}"#, "22");
    check(r#"{"nonce":"AAAAAAAAAAAAAAAAAAAA==" }"#, "22");
    check(r#"{"head":{"sequence":-1,"commitment":""}}"#, "sequence");
    check(r#"{"head":"x"}"#, "sequence");
    check(&format!(r#"{{"x":"{}"}}"#, "y".repeat(MAX_REQUEST)), "too long");
}

#[test]
fn passes_over_what_it_does_not_know() {
    assert_eq!(Request::parse(b""), Ok(Request::default()));
    let body = br#"{"uptime":7,"token":null,"head":null,"version":null,"credential":null,"nonce":null}"#;
    assert_eq!(Request::parse(body), Ok(Request::default()));
}
