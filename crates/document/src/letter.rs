//! Letters: what a notice says to a person, in plain words, with one next step after the other.
//!
//! The words stand in `texts/letter.en.toml` and `texts/letter.ja.toml`; a letter is text without markup, so that every
//! mail program shows it.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const SOURCES: [&str; 2] = [include_str!("../texts/letter.en.toml"), include_str!("../texts/letter.ja.toml")];

static LOADED: LazyLock<[Words; 2]> = LazyLock::new(|| {
    SOURCES.map(|source| toml::from_str(source).expect("the catalogues are part of the program and loaded by a test"))
});

/// In which language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    noun: BTreeMap<String, String>,
    frame: Frame,
    letter: BTreeMap<String, Texts>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    next: String,
    page: String,
    receipt: String,
    button: String,
    read: String,
    from: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    title: String,
    what: String,
    next: Vec<String>,
}

/// What a letter tells of.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Which letter: `two_bodies`, `initial_password`, `recalled`, `finding`.
    pub kind: &'a str,
    /// Sector of the product: `camera`, …, `other`.
    pub sector: &'a str,
    /// Name of the product.
    pub product: &'a str,
    /// Its maker.
    pub maker: &'a str,
    /// Where its maker takes reports.
    pub contact: &'a str,
    /// Management number.
    pub number: &'a str,
    /// The day, as `2026-11-23`.
    pub day: &'a str,
}

/// A letter in words.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its title.
    pub title: String,
    /// Its subject: the title, and which device.
    pub subject: String,
    /// What happened.
    pub what: String,
    /// Heading of the steps.
    pub next: &'static str,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// What the button says by which somebody tells that they have read it.
    pub button: &'static str,
    /// What stands there once they have.
    pub read: &'static str,
    frame: &'static Frame,
}

fn filled(text: &str, facts: &Facts<'_>, noun: &str) -> String {
    let pairs = [
        ("{noun}", noun),
        ("{product}", facts.product),
        ("{maker}", facts.maker),
        ("{contact}", facts.contact),
        ("{number}", facts.number),
        ("{day}", facts.day),
    ];
    // one pass, so that a name with braces in it is not filled again
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        match pairs.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

impl Letter {
    /// The letter of these facts.
    pub fn write(language: Language, facts: &Facts<'_>) -> Self {
        let words = &LOADED[language as usize];
        let texts = words.letter.get(facts.kind).unwrap_or(&words.letter["finding"]);
        let noun = words.noun.get(facts.sector).unwrap_or(&words.noun["other"]);
        let fill = |text: &String| filled(text, facts, noun);
        let title = fill(&texts.title);
        let subject = match facts.number.is_empty() {
            true => title.clone(),
            false => format!("{title} ({})", facts.number),
        };
        Letter {
            title,
            subject,
            what: fill(&texts.what),
            next: &words.frame.next,
            steps: texts.next.iter().map(fill).collect(),
            button: &words.frame.button,
            read: &words.frame.read,
            frame: &words.frame,
        }
    }

    /// As the text of a mail, with the addresses of the device's page and of the receipt.
    pub fn mail(&self, page: Option<&str>, receipt: &str) -> String {
        let mut text = format!("{}\n\n{}\n", self.what, self.next);
        for (number, step) in self.steps.iter().enumerate() {
            text += &format!("{}. {step}\n", number + 1);
        }
        if let Some(page) = page {
            text += &format!("\n{}\n{page}\n", self.frame.page);
        }
        text + &format!("\n{}\n{receipt}\n\n{}\n", self.frame.receipt, self.frame.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts<'_> = Facts {
        kind: "two_bodies",
        sector: "infusion_pump",
        product: "Infusion pump {number}",
        maker: "Example Works",
        contact: "security@example.com",
        number: "7K3M-0000-1111-2222",
        day: "2026-11-23",
    };

    #[test]
    fn both_catalogues_have_the_same_letters_and_placeholders() {
        let [en, ja] = &*LOADED;
        assert_eq!(en.letter.keys().collect::<Vec<_>>(), ja.letter.keys().collect::<Vec<_>>());
        assert_eq!(en.noun.keys().collect::<Vec<_>>(), ja.noun.keys().collect::<Vec<_>>());
        for (kind, texts) in &en.letter {
            assert_eq!(texts.next.len(), ja.letter[kind].next.len(), "{kind}");
            assert!(!texts.next.is_empty(), "{kind} says what to do");
        }
    }

    #[test]
    fn nothing_stays_unfilled() {
        for language in [Language::En, Language::Ja] {
            for kind in LOADED[0].letter.keys() {
                let facts = Facts { kind, product: "Pump", ..FACTS };
                let letter = Letter::write(language, &facts);
                let mail = letter.mail(Some("https://a.test/d/1"), "https://a.test/n/2");
                assert!(!format!("{}{mail}", letter.title).contains(['{', '}']), "{kind}: {mail}");
                assert!(mail.contains("https://a.test/n/2"));
            }
        }
    }

    #[test]
    fn a_name_is_filled_in_once() {
        let letter = Letter::write(Language::En, &FACTS);
        assert!(letter.what.contains("Infusion pump {number}"), "{}", letter.what);
    }
}
