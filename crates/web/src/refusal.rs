//! Why something was not done, in the words of the reader.
//!
//! Why here: the text of an error is English, for programs and the log. A person reads the catalogue's, found by the
//! error's closer name, then by its code, then by its kind.

use crate::desk::Desk;
use crate::language::Language;
use crate::texts::Refusals;
use tegata_usecase::{Error, Kind};

/// In the language of the desk.
pub(crate) fn words(error: &Error, desk: &Desk) -> &'static str {
    in_language(error, desk.place().language())
}

/// In a language.
pub(crate) fn in_language(error: &Error, language: Language) -> &'static str {
    let known = Refusals::of(language);
    let named = error.case.and_then(|case| known.code.get(case)).or_else(|| known.code.get(error.code));
    named.unwrap_or(match error.kind {
        Kind::Invalid | Kind::Conflict => &known.kind.mistake,
        Kind::NoCredential | Kind::Denied => &known.kind.denied,
        Kind::NotFound | Kind::Gone => &known.kind.missing,
        Kind::NotYet | Kind::Throttled | Kind::Unavailable => &known.kind.passing,
        Kind::Internal => &known.kind.internal,
    })
}

/// A refusal of a page's own, by its closer name, which begins with its code. Programs and the log get the English words.
pub(crate) fn of(kind: Kind, name: &'static str) -> Error {
    let code = name.split('.').next().unwrap_or(name);
    let public = Refusals::of(Language::En).code.get(name).map_or(name, String::as_str);
    Error::new(kind, code, public).case(name)
}

/// The request is wrong in itself.
pub(crate) fn invalid(name: &'static str) -> Error {
    of(Kind::Invalid, name)
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
