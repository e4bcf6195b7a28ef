//! The language of a page: chosen by the visible switch, else by the browser, else English.

/// A language that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// Ranges of one header that are read; the rest is ignored, so that a long header costs nothing.
const RANGES: usize = 32;

impl Language {
    /// All, in the order of the switch.
    pub const ALL: [Language; 2] = [Language::En, Language::Ja];

    /// Its tag (BCP 47), as in `lang` attributes and in `?lang=`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Ja => "ja",
        }
    }

    /// From a tag, by its first subtag: `ja-JP` is Japanese.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let first = tag.split('-').next()?;
        Self::ALL.into_iter().find(|l| l.tag().eq_ignore_ascii_case(first))
    }

    /// From the value of `?lang=`, else from the header `Accept-Language`, else English.
    pub fn choose(asked: Option<&str>, accept: Option<&str>) -> Self {
        asked.and_then(Self::from_tag).or_else(|| accept.and_then(accepted)).unwrap_or(Language::En)
    }
}

/// The best of our languages for an `Accept-Language` (RFC 9110 §12.5.4); `None` when it wants neither.
/// The greater weight wins, then the earlier place; `*` speaks for what is not named.
fn accepted(header: &str) -> Option<Language> {
    let ranges: Vec<(&str, u16)> = header.split(',').take(RANGES).filter_map(range).collect();
    let mut best: Option<(u16, usize, Language)> = None;
    for language in Language::ALL {
        let named = || ranges.iter().enumerate().filter(|(_, r)| Language::from_tag(r.0) == Some(language));
        let any = || ranges.iter().enumerate().filter(|(_, r)| r.0 == "*");
        // On equal weight `max_by_key` keeps the last, so the search runs from the end.
        let Some((place, (_, weight))) = named().rev().max_by_key(|r| r.1.1).or_else(|| any().next()) else {
            continue;
        };
        let better = best.is_none_or(|(w, p, _)| *weight > w || (*weight == w && place < p));
        if *weight > 0 && better {
            best = Some((*weight, place, language));
        }
    }
    best.map(|b| b.2)
}

/// One range and its weight in thousandths; `None` for a malformed one.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|t| !t.is_empty())?;
    let weight = match parts.next() {
        None => 1000,
        Some(parameter) => {
            let (name, value) = parameter.split_once('=')?;
            let value: f32 = value.trim().parse().ok()?;
            if !name.trim().eq_ignore_ascii_case("q") || !(0.0..=1.0).contains(&value) {
                return None;
            }
            (value * 1000.0) as u16
        }
    };
    Some((tag, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_header() {
        for (header, expect) in [
            ("ja", Language::Ja),
            ("JA-jp", Language::Ja),
            ("en-US,en;q=0.9,ja;q=0.8", Language::En),
            ("ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7", Language::Ja),
            ("en;q=0.1, ja;q=0.2", Language::Ja),
            ("en;q=0.200,ja;q=0.20", Language::En),
            ("ja,en", Language::Ja),
            ("de, ja;q=0.5", Language::Ja),
            ("de", Language::En),
            ("*", Language::En),
            ("en;q=0, *", Language::Ja),
            ("ja;q=0.3, *;q=0.2", Language::Ja),
            ("ja;q=0.1, *;q=0.2", Language::En),
            ("ja;q=0", Language::En),
            ("jam", Language::En),
            ("ja;q=2, en;q=x", Language::En),
            ("", Language::En),
            (";;;,,,", Language::En),
        ] {
            assert_eq!(Language::choose(None, Some(header)), expect, "{header}");
        }
    }

    #[test]
    fn the_switch_goes_first() {
        assert_eq!(Language::choose(Some("ja"), Some("en")), Language::Ja);
        assert_eq!(Language::choose(Some("xx"), Some("ja")), Language::Ja);
        assert_eq!(Language::choose(None, None), Language::En);
    }
}
