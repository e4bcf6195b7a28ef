//! Markdown of the guides as HTML.
//!
//! Why here: a guide is one text, read as a file, on paper and in the product. CommonMark itself is read by pulldown-cmark;
//! this says what becomes of headings, links, tables and pictures.
//! Invariants: no HTML of a source passes as HTML; each heading has an anchor; no picture is loaded, its words stand there.

use askama::filters::HtmlSafe;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use std::fmt::{self, Write};

/// A guide as escaped HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body(pub(super) String);

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Body {}

impl askama::FastWritable for Body {
    fn write_into(&self, to: &mut dyn Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(to.write_str(&self.0)?)
    }
}

/// A heading of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    /// 1 for the title.
    pub level: u8,
    /// Its words.
    pub words: String,
    /// Its anchor, as other readers of Markdown make it from the words.
    pub slug: String,
}

/// Where a link of a source leads.
pub(super) enum Lead {
    /// To an address.
    To(String),
    /// To a file that is not served; its path among the documents.
    File(String),
}

/// What a source needs from around it.
pub(super) struct Around<'a> {
    /// The anchor of each heading, in order.
    pub anchors: &'a [String],
    /// What stands before the words of a picture.
    pub picture: &'a str,
    /// Where a link leads.
    pub lead: &'a dyn Fn(&str) -> Lead,
}

fn events(source: &str) -> Parser<'_> {
    Parser::new_ext(source, Options::ENABLE_TABLES)
}

/// The anchor of a heading before numbers are put to those that come again: small letters, no signs, hyphens for spaces.
fn slug(words: &str) -> String {
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The headings of a source.
pub(super) fn outline(source: &str) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    let mut open = false;
    for event in events(source) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                found.push(Heading { level: level as u8, words: String::new(), slug: String::new() });
                open = true;
            }
            Event::End(TagEnd::Heading(_)) => {
                open = false;
                number(&mut found);
            }
            Event::Text(text) | Event::Code(text) if open => {
                found.last_mut().expect("a heading was begun").words.push_str(&text)
            }
            _ => {}
        }
    }
    found
}

/// Gives the last heading its anchor, apart from those before it.
fn number(headings: &mut [Heading]) {
    let Some((last, before)) = headings.split_last_mut() else { return };
    let plain = slug(&last.words);
    let again = before.iter().filter(|heading| slug(&heading.words) == plain).count();
    last.slug = if again == 0 { plain } else { format!("{plain}-{again}") };
}

/// Code blocks of a source, in order.
#[cfg(test)]
pub(super) fn code(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = false;
    for event in events(source) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                found.push(String::new());
                open = true;
            }
            Event::End(TagEnd::CodeBlock) => open = false,
            Event::Text(text) if open => found.last_mut().expect("a block was begun").push_str(&text),
            _ => {}
        }
    }
    found
}

/// What stands bold in a source, each with the number of its section.
#[cfg(test)]
pub(super) fn strong(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut section, mut open) = (0, false);
    for event in events(source) {
        match event {
            Event::Start(Tag::Heading { .. }) => section += 1,
            Event::Start(Tag::Strong) => {
                found.push((section, String::new()));
                open = true;
            }
            Event::End(TagEnd::Strong) => open = false,
            Event::Text(text) if open => found.last_mut().expect("it was begun").1.push_str(&text),
            Event::SoftBreak if open => found.last_mut().expect("it was begun").1.push(' '),
            _ => {}
        }
    }
    found
}

/// Whether HTML stands in a source.
#[cfg(test)]
pub(super) fn has_html(source: &str) -> bool {
    events(source).any(|event| matches!(event, Event::Html(_) | Event::InlineHtml(_)))
}

/// A source without its title, as HTML.
pub(super) fn body(source: &str, around: &Around<'_>) -> Body {
    let mut writer = Writer { around, headings: 0, title: false, file: None, out: Vec::new() };
    for event in events(source) {
        writer.take(event);
    }
    let mut page = String::with_capacity(source.len() * 2);
    html::push_html(&mut page, writer.out.into_iter());
    Body(page)
}

struct Writer<'a, 'e> {
    around: &'a Around<'a>,
    /// How many have begun.
    headings: usize,
    /// Within the title, which stands elsewhere.
    title: bool,
    /// The file of the link that is open, where it is not served.
    file: Option<String>,
    out: Vec<Event<'e>>,
}

impl<'e> Writer<'_, 'e> {
    fn take(&mut self, event: Event<'e>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => self.heading(level),
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => self.title = false,
            _ if self.title => {}
            Event::Start(Tag::Table(_)) => self.table(),
            Event::End(TagEnd::Table) => {
                self.out.push(Event::End(TagEnd::Table));
                self.html("</div>\n".into());
            }
            Event::Start(Tag::Link { dest_url, link_type, .. }) => match (self.around.lead)(&dest_url) {
                Lead::To(address) => self.out.push(Event::Start(Tag::Link {
                    link_type,
                    dest_url: address.into(),
                    title: CowStr::Borrowed(""),
                    id: CowStr::Borrowed(""),
                })),
                Lead::File(path) => self.file = Some(path),
            },
            Event::End(TagEnd::Link) => match self.file.take() {
                None => self.out.push(Event::End(TagEnd::Link)),
                Some(path) => {
                    let after = [Event::Text(" (".into()), Event::Code(path.into()), Event::Text(")".into())];
                    self.out.extend(after);
                }
            },
            Event::Start(Tag::Image { .. }) => {
                self.html("<span class=\"picture\">".into());
                self.out.push(Event::Text(format!("{} ", self.around.picture).into()));
            }
            Event::End(TagEnd::Image) => self.html("</span>".into()),
            Event::Html(text) | Event::InlineHtml(text) => self.out.push(Event::Text(text)),
            other => self.out.push(other),
        }
    }

    fn heading(&mut self, level: HeadingLevel) {
        let id = self.around.anchors.get(self.headings).cloned();
        self.headings += 1;
        match level {
            HeadingLevel::H1 => self.title = true,
            _ => self.out.push(Event::Start(Tag::Heading {
                level,
                id: id.map(CowStr::from),
                classes: Vec::new(),
                attrs: Vec::new(),
            })),
        }
    }

    /// A table scrolls by itself, is named by its heading, and aligns by style sheet only.
    fn table(&mut self) {
        let named = self.around.anchors.get(self.headings.saturating_sub(1)).map_or("", String::as_str);
        self.html(format!("<div class=\"table\" tabindex=\"0\" role=\"group\" aria-labelledby=\"{named}\">"));
        self.out.push(Event::Start(Tag::Table(Vec::new())));
    }

    /// Tags of ours.
    fn html(&mut self, tags: String) {
        self.out.push(Event::Html(tags.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(source: &str) -> String {
        let anchors: Vec<String> = outline(source).into_iter().map(|heading| heading.slug).collect();
        let lead = |to: &str| match to.starts_with("https://") {
            true => Lead::To(to.to_owned()),
            false => Lead::File(to.to_owned()),
        };
        body(source, &Around { anchors: &anchors, picture: "Picture:", lead: &lead }).0
    }

    #[test]
    fn anchors_are_those_of_other_readers() {
        let slugs = |source: &str| outline(source).into_iter().map(|h| h.slug).collect::<Vec<_>>();
        assert_eq!(slugs("# A `b`, C\n## Not yet\n### Not yet"), ["a-b-c", "not-yet", "not-yet-1"]);
        assert_eq!(slugs("## 機器を探す（更新）\n## ユーザー名"), ["機器を探す更新", "ユーザー名"]);
    }

    #[test]
    fn no_html_passes() {
        let page = made("# T\n<script>x</script>\n\na <b onclick=y>c</b> <!-- d -->");
        for live in ["<script", "<b", "<!--"] {
            assert!(!page.contains(live), "{page}");
        }
        assert!(page.contains("&lt;script&gt;") && page.contains("&lt;b onclick=y&gt;"), "{page}");
        assert!(has_html("a <b>c</b>") && !has_html("a *c*"));
    }

    #[test]
    fn no_picture_is_loaded() {
        let page = made("![A list & its \"head\"](../pictures/x.png)");
        assert_eq!(page, "<p><span class=\"picture\">Picture: A list &amp; its \"head\"</span></p>\n");
    }

    #[test]
    fn the_title_stands_elsewhere_and_tables_scroll() {
        let page = made("# T\n## A\n| b | c |\n|---|--:|\n| 1 | 2 |\n");
        assert!(page.starts_with("<h2 id=\"a\">A</h2>"), "{page}");
        assert!(page.contains("role=\"group\" aria-labelledby=\"a\"><table>") && page.contains("</table>\n</div>"));
        assert!(!page.contains("style="), "{page}");
    }

    #[test]
    fn links_lead_on_or_name_a_file() {
        let page = made("[a](https://example.com/?a&b) [b](../how-to/c.md)");
        assert!(page.contains("<a href=\"https://example.com/?a&amp;b\">a</a>"), "{page}");
        assert!(page.contains("b (<code>../how-to/c.md</code>)"), "{page}");
    }

    #[test]
    fn blocks_of_code_are_kept_whole() {
        assert_eq!(code("```console\n$ a <b\n```\n\n```sh\nc\n```"), ["$ a <b\n", "c\n"]);
        assert!(made("```console\n$ a <b\n```").contains("$ a &lt;b"));
    }
}
