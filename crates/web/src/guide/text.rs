//! The texts of the guides, read once.
//!
//! Invariant: a guide has the same sections in each of its languages, under the anchors of the English one, so that a link
//! to a section holds in both.

use super::Guide;
use super::markdown::{self, Around, Body, Heading, Lead};
use crate::language::Language;
use crate::texts::guide::Guides;
use std::sync::LazyLock;

/// A file of a guide.
struct Source {
    guide: Guide,
    language: Language,
    text: &'static str,
}

macro_rules! source {
    ($guide:ident, $language:ident, $path:literal) => {
        Source {
            guide: Guide::$guide,
            language: Language::$language,
            text: include_str!(concat!("../../../../docs/guide/", $path)),
        }
    };
}

const SOURCES: [Source; 7] = [
    source!(Owner, En, "owner.md"),
    source!(Owner, Ja, "ja/owner.md"),
    source!(Operator, En, "operator.md"),
    source!(Operator, Ja, "ja/operator.md"),
    source!(Maker, En, "maker.md"),
    source!(Assessor, En, "assessor.md"),
    source!(Administrator, En, "administrator.md"),
];

/// What links carry where the reader's language will stand.
const LANGUAGE: &str = "?lang=xx";

/// The anchor of a title.
pub(crate) const TITLE: &str = "guide";

/// One guide in one language.
pub(crate) struct Text {
    guide: Guide,
    /// Its language.
    pub language: Language,
    /// Its title.
    pub title: String,
    /// Its sections, in order.
    pub sections: Vec<Section>,
    body: Body,
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds that there is none"))]
    loose: Vec<String>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// Its anchor.
    pub id: String,
    /// Its heading.
    pub words: String,
    /// Whether it stands in a section.
    pub inner: bool,
}

static LOADED: LazyLock<Vec<Text>> = LazyLock::new(|| SOURCES.iter().map(read).collect());

impl Text {
    /// The guide in a language, or in English where it has not that one.
    pub(crate) fn of(guide: Guide, language: Language) -> &'static Text {
        let of = |language| LOADED.iter().find(|text| text.guide == guide && text.language == language);
        of(language).or_else(|| of(Language::En)).expect("each guide has an English text: a test reads all")
    }

    /// Its text, with links to other guides in the language that the reader chose, if any.
    pub(crate) fn body(&self, chosen: Option<Language>) -> Body {
        let query = chosen.map(|language| format!("?lang={}", language.tag())).unwrap_or_default();
        Body(self.body.0.replace(LANGUAGE, &query))
    }
}

fn english(guide: Guide) -> &'static str {
    let of = |source: &&Source| source.guide == guide && source.language == Language::En;
    SOURCES.iter().find(of).map_or("", |source| source.text)
}

/// The headings of a source, each with its anchor: that of the English heading at the same place.
fn anchored(guide: Guide, text: &str) -> Vec<(Heading, String)> {
    let anchors = markdown::outline(english(guide)).into_iter().map(|heading| heading.slug);
    let titled = |(i, anchor)| if i == 0 { TITLE.to_owned() } else { anchor };
    markdown::outline(text).into_iter().zip(anchors.enumerate().map(titled)).collect()
}

fn read(source: &Source) -> Text {
    let headings = anchored(source.guide, source.text);
    let anchors: Vec<String> = headings.iter().map(|(_, anchor)| anchor.clone()).collect();
    let loose = std::cell::RefCell::new(Vec::new());
    let lead = |to: &str| {
        lead(source, to).unwrap_or_else(|| {
            loose.borrow_mut().push(to.to_owned());
            Lead::File(to.to_owned())
        })
    };
    let picture = &Guides::of(source.language).picture;
    let body = markdown::body(source.text, &Around { anchors: &anchors, picture, lead: &lead });
    let mut headings = headings.into_iter();
    let title = headings.next().map(|(title, _)| title.words).unwrap_or_default();
    let section = |(heading, id): (Heading, String)| Section { id, words: heading.words, inner: heading.level > 2 };
    Text {
        guide: source.guide,
        language: source.language,
        title,
        sections: headings.map(section).collect(),
        body,
        loose: loose.into_inner(),
    }
}

/// What a guide shows bold as words of a page: in the chapters of what is done in a browser.
#[cfg(test)]
pub(crate) fn words_of_pages(guide: Guide, language: Language) -> Vec<String> {
    let (first, last) = match guide {
        Guide::Administrator => ("log-in-for-the-first-time", "what-to-watch"),
        _ => ("", "by-programs"),
    };
    let text = Text::of(guide, language);
    let number = |id: &str| text.sections.iter().position(|one| one.id == id).map_or(0, |at| at + 2);
    let within = number(first)..number(last);
    let source = SOURCES.iter().find(|one| one.guide == guide && one.language == language).map_or("", |one| one.text);
    markdown::strong(source).into_iter().filter(|(section, _)| within.contains(section)).map(|one| one.1).collect()
}

/// Where a link of a source leads; `None` where there is no such place.
fn lead(source: &Source, to: &str) -> Option<Lead> {
    if to.starts_with("https://") {
        return Some(Lead::To(to.to_owned()));
    }
    let (file, section) = to.split_once('#').map_or((to, None), |(file, section)| (file, Some(section)));
    if file.is_empty() {
        return Some(Lead::To(format!("#{}", anchor(source, section?)?)));
    }
    let name = file.rsplit('/').next()?.strip_suffix(".md")?;
    let Some(guide) = Guide::by_name(name) else {
        return Some(Lead::File(document(file)));
    };
    let address = format!("/guide/{name}{LANGUAGE}");
    let Some(section) = section else { return Some(Lead::To(address)) };
    let japanese = source.language == Language::Ja && !file.starts_with("../");
    let language = if japanese { Language::Ja } else { Language::En };
    let target = SOURCES.iter().find(|one| one.guide == guide && one.language == language)?;
    Some(Lead::To(format!("{address}#{}", anchor(target, section)?)))
}

/// The anchor of ours for one that other readers of Markdown make.
fn anchor(source: &Source, slug: &str) -> Option<String> {
    anchored(source.guide, source.text).into_iter().find(|(heading, _)| heading.slug == slug).map(|(_, anchor)| anchor)
}

/// A path from the folder of the guides, as it stands among the documents.
fn document(path: &str) -> String {
    let inner = path.trim_start_matches("../");
    if inner == "README.md" { inner.to_owned() } else { format!("docs/{inner}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_guide_is_read_whole() {
        for guide in Guide::ALL {
            for language in guide.languages() {
                let text = Text::of(guide, *language);
                assert_eq!(text.language, *language, "{guide:?}");
                assert!(text.loose.is_empty(), "{guide:?} {language:?} leads nowhere: {:?}", text.loose);
                assert!(text.title.len() > 3 && text.sections.len() > 5, "{guide:?} {language:?}");
                let page = text.body(None).0;
                assert!(!page.contains("lang=xx") && !page.contains("style="), "{guide:?} {language:?}");
                // marks beside some signs of Japanese close nothing; four stand for hidden digits
                assert!(!page.replace("****", "").contains("**"), "{guide:?} {language:?}: a mark was not closed");
                for section in &text.sections {
                    assert!(page.contains(&format!(" id=\"{}\">", section.id)), "{guide:?} {section:?}");
                }
            }
        }
        assert_eq!(SOURCES.len(), Guide::ALL.iter().map(|guide| guide.languages().len()).sum::<usize>());
    }

    #[test]
    fn no_html_stands_in_a_guide() {
        for source in &SOURCES {
            assert!(!markdown::has_html(source.text), "{:?} {:?}", source.guide, source.language);
        }
    }

    #[test]
    fn both_languages_have_the_same_sections_and_commands() {
        for source in SOURCES.iter().filter(|source| source.language != Language::En) {
            let levels = |text: &str| markdown::outline(text).iter().map(|h| h.level).collect::<Vec<_>>();
            let english = english(source.guide);
            assert_eq!(levels(source.text), levels(english), "{:?}: headings, in order", source.guide);
            assert_eq!(markdown::code(source.text), markdown::code(english), "{:?}: blocks of code", source.guide);
        }
    }

    #[test]
    fn links_between_guides_carry_the_chosen_language() {
        let text = Text::of(Guide::Operator, Language::En);
        assert!(text.body(Some(Language::Ja)).0.contains("href=\"/guide/owner?lang=ja#take-it-over\""));
        assert!(text.body(None).0.contains("href=\"/guide/owner#take-it-over\""));
        assert!(text.body(None).0.contains("(<code>README.md</code>)"));
    }

    #[test]
    fn paths_of_documents() {
        assert_eq!(document("../how-to/alerts.md"), "docs/how-to/alerts.md");
        assert_eq!(document("../../README.md"), "README.md");
        assert_eq!(document("../../how-to/alerts.md"), "docs/how-to/alerts.md");
        assert_eq!(document("../../../README.md"), "README.md");
    }
}
