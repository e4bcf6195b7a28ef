//! Guides: what to do, for each role, served by the product itself.
//!
//! Why here: whoever stands before a page and does not know on has this server, and maybe no other. The texts are those
//! of `docs/guide/`, read once.

mod markdown;
mod text;

pub(crate) use markdown::Body;
#[cfg(test)]
pub(crate) use text::words_of_pages;
pub(crate) use text::{Section, Text};

use crate::language::Language;
use crate::lookup::place;
use crate::page::guide as page;
use crate::status::{html_kept, refuse};
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use http::HeaderMap;
use tegata_usecase::Error;

/// For whom a guide is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guide {
    /// Who has a device.
    Owner,
    /// Who runs devices in the field.
    Operator,
    /// Who makes devices.
    Maker,
    /// Who checks.
    Assessor,
    /// Who runs the platform.
    Administrator,
}

impl Guide {
    /// All, in the order in which they are offered.
    pub const ALL: [Guide; 5] = [Guide::Owner, Guide::Operator, Guide::Maker, Guide::Assessor, Guide::Administrator];

    /// Its word in the address, and the name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Guide::Owner => "owner",
            Guide::Operator => "operator",
            Guide::Maker => "maker",
            Guide::Assessor => "assessor",
            Guide::Administrator => "administrator",
        }
    }

    /// By its word.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guide| guide.name() == name)
    }

    /// The languages that it is written in.
    pub fn languages(self) -> &'static [Language] {
        match self {
            Guide::Owner | Guide::Operator => &[Language::En, Language::Ja],
            Guide::Maker | Guide::Assessor | Guide::Administrator => &[Language::En],
        }
    }

    /// Whether it has a section of this anchor, in each of its languages.
    pub fn has(self, section: &str) -> bool {
        self.languages().iter().all(|language| Text::of(self, *language).sections.iter().any(|one| one.id == section))
    }
}

/// `GET /guide`.
pub async fn list(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    html_kept(&headers, page::list(&place(query.as_deref(), &headers)))
}

/// `GET /guide/{role}`.
pub async fn show(Path(name): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let place = place(query.as_deref(), &headers);
    match Guide::by_name(&name) {
        Some(guide) => html_kept(&headers, page::one(&place, guide)),
        None => refuse(Error::not_found("guide"), &place, &headers),
    }
}
