//! Sentences: a text of the catalogue with its placeholders filled, as HTML.
//!
//! Why here: a date or a file name inside a sentence needs markup, and a maker's name needs escaping. This is the one
//! place where text becomes markup outside the template engine.
//! Invariant: a `Sentence` is escaped HTML; nothing enters it unescaped but the tags written here.

use askama::filters::{Escaper, Html, HtmlSafe};
use std::fmt::{self, Write};

/// A piece of escaped HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sentence(String);

impl Sentence {
    /// The HTML.
    pub(crate) fn html(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Sentence {}

impl askama::FastWritable for Sentence {
    fn write_into(&self, to: &mut dyn Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(to.write_str(&self.0)?)
    }
}

/// A moment as `<time>` shows it: once for machines, once for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The value of `datetime`.
    pub machine: String,
    /// By the language's rules.
    pub shown: String,
}

/// What fills a placeholder.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slot<'a> {
    /// Words of our own.
    Text(&'a str),
    /// A text by somebody else; kept apart, so that its writing direction cannot turn ours around.
    Name(&'a str),
    /// What a person types or compares.
    Code(&'a str),
    /// A moment.
    Time(&'a Moment),
    /// A link: address, words.
    Link(&'a str, &'a str),
}

impl Slot<'_> {
    fn write(self, out: &mut String) {
        match self {
            Slot::Text(text) => escape(out, text),
            Slot::Name(text) => within(out, "bdi", text),
            Slot::Code(text) => within(out, "code", text),
            Slot::Time(moment) => {
                out.push_str("<time datetime=\"");
                escape(out, &moment.machine);
                out.push_str("\">");
                escape(out, &moment.shown);
                out.push_str("</time>");
            }
            Slot::Link(address, words) => {
                out.push_str("<a href=\"");
                escape(out, address);
                // Only addresses of elsewhere need to be told nothing of where the reader came from.
                out.push_str(if address.starts_with('/') { "\">" } else { "\" rel=\"external noreferrer nofollow\">" });
                escape(out, words);
                out.push_str("</a>");
            }
        }
    }
}

/// `text` with each `{name}` replaced by the slot of that name.
pub(crate) fn sentence(text: &str, slots: &[(&str, Slot<'_>)]) -> Sentence {
    let mut out = String::with_capacity(text.len() + 64);
    pieces(text, |piece| match piece {
        Piece::Words(words) => escape(&mut out, words),
        Piece::Placeholder(name) => match slots.iter().find(|s| s.0 == name) {
            Some((_, slot)) => slot.write(&mut out),
            None => unfilled(&mut out, name),
        },
    });
    Sentence(out)
}

/// `text` with each `{name}` replaced, not escaped: for titles and for parts of other texts.
pub(crate) fn plain(text: &str, slots: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    pieces(text, |piece| match piece {
        Piece::Words(words) => out.push_str(words),
        Piece::Placeholder(name) => match slots.iter().find(|s| s.0 == name) {
            Some((_, value)) => out.push_str(value),
            None => unfilled(&mut out, name),
        },
    });
    out
}

/// What a template rendered, to stand inside another: it is escaped already.
pub(crate) fn rendered(template: &impl askama::Template) -> Sentence {
    Sentence(template.render().expect("a template of ours writes into memory, which cannot fail"))
}

/// A part of a text.
enum Piece<'a> {
    Words(&'a str),
    Placeholder(&'a str),
}

fn pieces<'a>(text: &'a str, mut each: impl FnMut(Piece<'a>)) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        each(Piece::Words(before));
        each(Piece::Placeholder(name));
        rest = tail;
    }
    each(Piece::Words(rest));
}

/// A placeholder that nothing fills stays visible, so that the tests over all pages find it.
fn unfilled(out: &mut String, name: &str) {
    let _ = write!(out, "{{{name}}}");
}

fn within(out: &mut String, tag: &str, text: &str) {
    let _ = write!(out, "<{tag}>");
    escape(out, text);
    let _ = write!(out, "</{tag}>");
}

fn escape(out: &mut String, text: &str) {
    Html.write_escaped_str(out, text).expect("a String takes whatever is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_and_escapes() {
        let month = Moment { machine: "2032-03".into(), shown: "2032年3月".into() };
        let filled = sentence(
            "<{a}> & {b}: {c}, {d}",
            &[
                ("a", Slot::Name("<b>")),
                ("b", Slot::Time(&month)),
                ("c", Slot::Code("a\"b")),
                ("d", Slot::Link("/ledger/keys", "k&k")),
            ],
        );
        assert_eq!(
            filled.to_string(),
            "&#60;<bdi>&#60;b&#62;</bdi>&#62; &#38; <time datetime=\"2032-03\">2032年3月</time>: \
             <code>a&#34;b</code>, <a href=\"/ledger/keys\">k&#38;k</a>"
        );
        assert_eq!(plain("{n} of {n}<", &[("n", "5")]), "5 of 5<");
        assert_eq!(plain("open {", &[]), "open {");
    }
}
