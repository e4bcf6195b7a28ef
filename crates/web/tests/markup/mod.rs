//! A small reader of our own HTML: strict where browsers forgive, so that mistakes show.

/// A tag that was opened.
#[derive(Debug, Clone)]
pub struct Element {
    pub tag: String,
    pub attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.0 == name).map(|a| a.1.as_str())
    }
}

/// Elements without an end tag.
const VOID: [&str; 5] = ["meta", "link", "br", "input", "img"];

/// All elements in order; panics with the place where the markup is not well formed.
pub fn read(page: &str) -> Vec<Element> {
    let mut rest = page.strip_prefix("<!doctype html>\n").expect("doctype first");
    let (mut open, mut all) = (Vec::<String>::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a bare > before {:?}", excerpt(rest));
        let (tag, tail) = rest[at + 1..].split_once('>').unwrap_or_else(|| panic!("unclosed tag: {}", excerpt(rest)));
        rest = tail;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "end tag before {}", excerpt(rest));
            continue;
        }
        let closed = tag.ends_with('/');
        let element = element(tag.trim_end_matches('/'));
        if !closed && !VOID.contains(&&*element.tag) {
            open.push(element.tag.clone());
        }
        all.push(element);
    }
    assert!(open.is_empty() && !rest.contains('>'), "still open at the end: {open:?}");
    all
}

fn element(text: &str) -> Element {
    let (tag, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    assert!(tag.bytes().all(|b| b.is_ascii_alphanumeric()), "no tag: {text:?}");
    let mut attributes = Vec::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(after) => after.split_once('"').unwrap_or_else(|| panic!("unclosed attribute: {text}")),
            None => {
                assert!(!after.starts_with('='), "unquoted attribute: {text}");
                ("", after)
            }
        };
        assert!(!attributes.iter().any(|(n, _)| n == name), "twice {name}: {text}");
        attributes.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    Element { tag: tag.to_owned(), attributes }
}

fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}
