//! Where a page was asked for: its language, and the query that the switch between languages must keep.

use crate::language::Language;

/// Longest query that the switch carries over; a longer one is dropped rather than repeated in the page.
const QUERY: usize = 1024;

/// The language of a page and the query it was asked with.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    language: Language,
    query: &'a str,
    said: Option<Said>,
}

/// What became of what a person just did on the page of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// A report was taken.
    Reported,
    /// There were enough reports.
    ReportedTooOften,
    /// A report had no words, or too many.
    NoWords,
    /// Devices were asked often enough.
    AskedTooOften,
}

impl<'a> Place<'a> {
    /// From the query of the address and the header `Accept-Language`, both as received.
    pub fn of(query: Option<&'a str>, accept_language: Option<&str>) -> Self {
        let query = query.filter(|q| q.len() <= QUERY).unwrap_or("");
        let asked = parameters(query).find_map(|p| p.strip_prefix("lang="));
        let said = parameters(query).any(|p| p == "said=reported").then_some(Said::Reported);
        Place { language: Language::choose(asked, accept_language), query, said }
    }

    /// The same, where something else became of it.
    pub fn saying(self, said: Said) -> Self {
        Place { said: Some(said), ..self }
    }

    /// What became of what a person just did.
    pub(crate) fn said(&self) -> Option<Said> {
        self.said
    }

    /// Whether the page looks again by itself, since somebody asked here and waits.
    pub(crate) fn is_waiting(&self) -> bool {
        parameters(self.query).any(|p| p == "wait=1")
    }

    /// The same, in another language where the reader chose none by the switch.
    pub(crate) fn unless_chosen(self, own: Option<Language>) -> Self {
        match own {
            Some(language) if self.chosen().is_none() => Place { language, ..self },
            _ => self,
        }
    }

    /// The language to write in.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The same place in another language, as a reference of the query only: it keeps the path, whatever that is.
    pub(crate) fn in_language(&self, language: Language) -> String {
        let kept = parameters(self.query).filter(|p| !names_language(p));
        let mut out = String::from("?");
        for parameter in kept {
            out.push_str(parameter);
            out.push('&');
        }
        out + "lang=" + language.tag()
    }

    /// The language if the reader chose it by the switch; links to other pages carry it on.
    pub(crate) fn chosen(&self) -> Option<Language> {
        parameters(self.query).any(names_language).then_some(self.language)
    }

    /// `path` with the chosen language, if any.
    pub(crate) fn link(&self, path: &str) -> String {
        self.chosen().map_or_else(|| path.to_owned(), |language| format!("{path}?lang={}", language.tag()))
    }

    /// The same with a query of ours.
    pub(crate) fn link_with(&self, path: &str, query: &str) -> String {
        let chosen = self.chosen().map(|language| format!("&lang={}", language.tag())).unwrap_or_default();
        format!("{path}?{query}{chosen}")
    }
}

fn parameters(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|p| !p.is_empty())
}

fn names_language(parameter: &str) -> bool {
    parameter == "lang" || parameter.starts_with("lang=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_keeps_the_rest() {
        let place = Place::of(Some("n=7K3M&lang=en&x=%3C"), Some("ja"));
        assert_eq!(place.language(), Language::En);
        assert_eq!(place.in_language(Language::Ja), "?n=7K3M&x=%3C&lang=ja");
        assert_eq!(place.link("/"), "/?lang=en");
    }

    #[test]
    fn without_a_query() {
        let place = Place::of(None, Some("ja"));
        assert_eq!((place.language(), place.chosen()), (Language::Ja, None));
        assert_eq!(place.in_language(Language::En), "?lang=en");
        assert_eq!(place.link("/"), "/");
        assert_eq!(Place::of(Some(&"x".repeat(2000)), None).in_language(Language::Ja), "?lang=ja");
    }
}
