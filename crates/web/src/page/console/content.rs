//! What stands inside the frame of the console, apart from it: so that pages can be looked at without a login.

use super::Area;
use crate::page::Place;
use crate::page::frame::{self, Head};
use crate::sentence::{Sentence, rendered};
use askama::Template;

/// A page of the console without its frame.
pub struct Content {
    pub(crate) area: Area,
    pub(crate) title: String,
    main: Sentence,
    /// Whether search engines may list it, where it is for everybody.
    listed: bool,
    /// The route of its question mark.
    route: &'static str,
}

#[derive(Template)]
#[template(source = "{{ main }}", ext = "html")]
pub(crate) struct Main<'a> {
    main: &'a Sentence,
}

impl Content {
    pub(crate) fn new(area: Area, title: &str, page: &impl Template) -> Self {
        let route = area.path().unwrap_or_default();
        Content { area, title: title.to_owned(), main: rendered(page), listed: false, route }
    }

    /// The same for everybody: at this route, and in lists of search engines or not.
    pub(crate) fn public(self, route: &'static str, listed: bool) -> Self {
        Content { route, listed, ..self }
    }

    /// What the frame goes around.
    pub(crate) fn main(&self) -> Main<'_> {
        Main { main: &self.main }
    }

    /// The document with the frame of public pages, for whoever looks at it without a login.
    pub fn alone(&self, place: &Place<'_>) -> String {
        frame::page(place, Head { title: &self.title, listed: self.listed, route: self.route }, &self.main())
    }
}
