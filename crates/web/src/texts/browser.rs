//! What the browser of a login is called.
//!
//! Why own: a person only has to know her own browsers again. Crates that read every user agent carry rules of hundreds
//! of kilobytes for that and age with each release; seven words of each name do not.

use crate::language::Language;
use crate::sentence::plain;
use serde::Deserialize;

tables! {
    /// The catalogue.
    Browsers { on, another, another_on, browser: BrowserNames, system: SystemNames }
    /// Browsers.
    BrowserNames { edge, opera, samsung, firefox, chrome, safari }
    /// Systems.
    SystemNames { iphone, ipad, android, windows, chromeos, mac, linux }
}

catalogue!(Browsers, "browser");

/// The first name whose mark stands in the text.
fn found<'a>(text: &str, marks: &[(&str, &'a str)]) -> Option<&'a str> {
    marks.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
}

/// The browser behind a user agent, in words.
pub(crate) fn called(agent: &str, language: Language) -> String {
    let words = Browsers::of(language);
    let (b, s) = (&words.browser, &words.system);
    // who builds on another says so too: the one that is built on stands last
    let browser = found(
        agent,
        &[
            ("Edg", &b.edge),
            ("OPR/", &b.opera),
            ("SamsungBrowser/", &b.samsung),
            ("Firefox/", &b.firefox),
            ("FxiOS/", &b.firefox),
            ("Chrome/", &b.chrome),
            ("CriOS/", &b.chrome),
            ("Safari/", &b.safari),
        ],
    );
    let system = found(
        agent,
        &[
            ("iPhone", &s.iphone),
            ("iPad", &s.ipad),
            ("Android", &s.android),
            ("Windows", &s.windows),
            ("CrOS", &s.chromeos),
            ("Macintosh", &s.mac),
            ("Linux", &s.linux),
        ],
    );
    let (text, browser, system) = match (browser, system) {
        (Some(browser), Some(system)) => (&words.on, browser, system),
        (Some(browser), None) => return browser.to_owned(),
        (None, Some(system)) => (&words.another_on, "", system),
        (None, None) => return words.another.clone(),
    };
    plain(text, &[("browser", browser), ("system", system)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_by_their_names() {
        let cases = [
            ("Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0", "Firefox on Android"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 \
                 Safari/537.36 Edg/126.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 \
                 Safari/605.1.15",
                "Safari on Mac",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/126.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 \
                 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            ("Lynx/2.9.0 (Linux)", "another browser on Linux"),
            ("curl/8.5.0", "another browser"),
            ("", "another browser"),
        ];
        for (agent, name) in cases {
            assert_eq!(called(agent, Language::En), name);
        }
        assert_eq!(called(cases[0].0, Language::Ja), "Firefox（Android）");
        assert_eq!(called("", Language::Ja), "ほかのブラウザー");
    }
}
