//! Items that several pages list: the lines of an answer, and the fields of a form that is filled in.

use crate::sentence::{Sentence, Slot, sentence};

/// A line below the answer: a shape with its words.
pub(super) struct Line {
    /// `proved`, `well`, `wait`, or nothing for plain ink.
    pub tone: &'static str,
    /// Its drawing.
    pub icon: &'static str,
    /// What it says.
    pub text: Sentence,
}

impl Line {
    /// A line of words without placeholders other than `slots`.
    pub fn new(tone: &'static str, icon: &'static str, text: &str, slots: &[(&str, Slot<'_>)]) -> Self {
        Line { tone, icon, text: sentence(text, slots) }
    }
}

/// A label, its value, and how we know.
pub(super) struct Field {
    /// What is told.
    pub label: &'static str,
    /// The value.
    pub value: Sentence,
    /// The tone and drawing that go with the value.
    pub badge: Option<(&'static str, &'static str)>,
    /// Further lines.
    pub notes: Vec<Sentence>,
}

impl Field {
    /// A field with a value.
    pub fn new(label: &'static str, value: Sentence) -> Self {
        Field { label, value, badge: None, notes: Vec::new() }
    }

    /// With a tone (`well`, `wait`, `stop`, `quiet`) and its drawing.
    pub fn badge(mut self, tone: &'static str, icon: &'static str) -> Self {
        self.badge = Some((tone, icon));
        self
    }

    /// With a further line.
    pub fn note(mut self, note: Sentence) -> Self {
        self.notes.push(note);
        self
    }
}

/// A contact that a maker gave: where a link to it leads, and how it reads.
pub(super) struct Contact {
    /// `https:` or `mailto:`.
    pub link: String,
    /// Without the scheme.
    pub shown: String,
}

impl Contact {
    /// From a product's contact: an https address, else a mail address.
    pub fn of(contact: &str) -> Self {
        match contact.strip_prefix("https://") {
            Some(shown) => Contact { link: contact.to_owned(), shown: shown.trim_end_matches('/').to_owned() },
            // What would start a header or an escape in a mailto address (RFC 6068 §2) is part of the address here.
            None => {
                let link = contact.replace('%', "%25").replace('?', "%3F").replace('&', "%26").replace('#', "%23");
                Contact { link: format!("mailto:{link}"), shown: contact.to_owned() }
            }
        }
    }

    /// As a link whose words are the address.
    pub fn slot(&self) -> Slot<'_> {
        Slot::Link(&self.link, &self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts() {
        for (given, link, shown) in [
            ("https://maker.example/security/", "https://maker.example/security/", "maker.example/security"),
            ("security@maker.example", "mailto:security@maker.example", "security@maker.example"),
            ("javascript:alert(1)@x?cc=a&b", "mailto:javascript:alert(1)@x%3Fcc=a%26b", "javascript:alert(1)@x?cc=a&b"),
        ] {
            let contact = Contact::of(given);
            assert_eq!((&*contact.link, &*contact.shown), (link, shown));
        }
    }
}
