//! The catalogues: complete in both languages, filled alike, and careful in what they say.

use super::*;
use std::collections::BTreeMap;
use toml::Value;

/// Every text of a catalogue by its path.
fn texts(source: &str) -> BTreeMap<String, String> {
    fn walk(path: &str, value: &Value, out: &mut BTreeMap<String, String>) {
        match value {
            Value::Table(table) => table.iter().for_each(|(key, value)| walk(&format!("{path}.{key}"), value, out)),
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(i, value)| walk(&format!("{path}.{i}"), value, out))
            }
            Value::String(text) => drop(out.insert(path.to_owned(), text.clone())),
            _ => {}
        }
    }
    let mut out = BTreeMap::new();
    walk("", &Value::Table(source.parse().unwrap()), &mut out);
    out
}

/// The catalogues of all areas, by their names: English and Japanese.
fn areas() -> BTreeMap<String, [String; 2]> {
    let folder = |tag: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("texts").join(tag);
    let read = |tag: &str, name: &str| std::fs::read_to_string(folder(tag).join(name)).unwrap();
    let names = |tag: &str| {
        let entries = std::fs::read_dir(folder(tag)).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names("en"), names("ja"));
    let mut all: BTreeMap<_, _> =
        names("en").into_iter().map(|name| (name.clone(), ["en", "ja"].map(|tag| read(tag, &name)))).collect();
    all.insert("public".into(), SOURCES.map(str::to_owned));
    all
}

#[test]
fn all_areas_load() {
    for language in Language::ALL {
        assert!(!account::Account::of(language).own.what.is_empty());
        assert!(!console::Console::of(language).area.overview.is_empty());
        assert!(!login::Login::of(language).form.title.is_empty());
        assert!(!guide::Guides::of(language).title.is_empty());
        assert!(!fleet::Fleet::of(language).overview.waits.is_empty());
        assert!(!visit::Visit::of(language).seen.heading.is_empty());
        assert!(!ways::Ways::of(language).factor.what.is_empty());
    }
    let sources = areas();
    let loaded = include_str!("texts.rs");
    for area in sources.keys().filter(|area| *area != "public") {
        let name = area.strip_suffix(".toml").unwrap();
        assert!(loaded.contains(&format!("mod {name};")), "{area} belongs to no module");
    }
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<_> = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|p| p.0).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn both_load() {
    assert_eq!(Texts::of(Language::En).language.name, "English");
    assert_eq!(Texts::of(Language::Ja).language.name, "日本語");
}

#[test]
fn a_missing_or_unknown_text_fails_to_load() {
    let without = SOURCES[0].replacen("skip = ", "skipped = ", 1);
    assert!(toml::from_str::<Texts>(&without).is_err());
    let more = SOURCES[0].replacen("[span]", "[span]\nday = \"{count} days\"", 1);
    assert!(toml::from_str::<Texts>(&more).is_err());
    let fewer = SOURCES[0].replacen("  \"Do not put it into use yet.\",\n", "", 1);
    assert!(toml::from_str::<Texts>(&fewer).is_err());
}

#[test]
fn nothing_is_empty_and_placeholders_agree() {
    for (area, [english, japanese]) in areas() {
        filled_alike(&area, texts(&english), texts(&japanese));
    }
}

fn filled_alike(area: &str, mut en: BTreeMap<String, String>, ja: BTreeMap<String, String>) {
    // Japanese has one form for every number
    for count in counts(&en) {
        en.remove(&format!("{count}.one"));
    }
    assert_eq!(en.keys().collect::<Vec<_>>(), ja.keys().collect::<Vec<_>>(), "{area}");
    for (key, english) in &en {
        let japanese = &ja[key];
        for text in [english, japanese] {
            assert!(!text.trim().is_empty() && text.trim() == text, "{key}: {text:?}");
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{key}: {text:?}");
        }
        // A date is written with padded parts in one language and plain ones in the other; a device has a word of its
        // own in one sentence and none in another.
        if key.starts_with(".date.") {
            continue;
        }
        let without_noun = |text| placeholders(text).into_iter().filter(|p| *p != "noun").collect::<Vec<_>>();
        assert_eq!(without_noun(english), without_noun(japanese), "{key}");
    }
}

/// The texts that tell a number, by their paths: those with `one` and `other`, and nothing beside.
fn counts(texts: &BTreeMap<String, String>) -> Vec<String> {
    let parts = |table: &str| texts.keys().filter(|key| key.starts_with(&format!("{table}."))).count();
    let tables = texts.keys().filter_map(|key| key.strip_suffix(".one"));
    let whole = |table: &&str| texts.contains_key(&format!("{table}.other")) && parts(table) == 2;
    tables.filter(whole).map(str::to_owned).collect()
}

#[test]
fn counts_have_the_forms_of_their_language() {
    let mut seen = 0;
    for (area, [english, japanese]) in areas() {
        let (en, ja) = (texts(&english), texts(&japanese));
        for count in counts(&en) {
            seen += 1;
            assert!(ja.contains_key(&format!("{count}.other")), "{area}{count}: Japanese has `other`");
            assert!(!ja.contains_key(&format!("{count}.one")), "{area}{count}: Japanese has no `one`");
        }
        assert_eq!(counts(&ja), Vec::<String>::new(), "{area}: Japanese has one form");
    }
    assert!(seen > 25, "{seen}");
}

/// `{count} devices` is wrong for one device: such a text has its forms.
#[test]
fn no_number_stands_before_a_plural() {
    // words that end so and are none
    let others = ["is", "was", "has", "does", "this", "its", "as", "s", "ms"];
    let outside = |path: &str, all: &[String]| !all.iter().any(|count| path.starts_with(count.as_str()));
    for (area, [english, _]) in areas() {
        let en = texts(&english);
        let told = counts(&en);
        for (path, text) in en.iter().filter(|(path, _)| outside(path, &told)) {
            for (name, after) in text.split('{').filter_map(|part| part.split_once("} ")) {
                let word: String = after.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
                let plural = word.ends_with('s') && !others.contains(&&*word);
                assert!(!plural || ["noun", "version", "organisation", "name"].contains(&name), "{area}{path}: {text}");
            }
        }
    }
}

#[test]
fn only_filled_placeholders_are_used() {
    // Texts that are filled with the noun; elsewhere `{noun}` would stay as it is.
    let filled = [
        ".answer.report",
        ".answer.recall",
        ".answer.erased_",
        ".todo.",
        ".tier.",
        ".facts.heading",
        ".facts.suspect_why",
        ".facts.quarantined_why",
        ".facts.recalled_why",
        ".facts.well_why",
        ".facts.unconfirmed_why",
        ".model.todo",
    ];
    for (key, text) in SOURCES.into_iter().flat_map(texts) {
        if placeholders(&text).contains(&"noun") {
            assert!(filled.iter().any(|f| key.starts_with(f)), "{key}");
        }
    }
}

#[test]
fn words_are_careful() {
    for (key, text) in areas().into_values().flatten().flat_map(|source| texts(&source)) {
        let lower = text.to_lowercase();
        for word in ["fake", "counterfeit", "genuine", "safe", "secure.", "certified", "guarantee"] {
            assert!(!lower.contains(word), "{key} promises or accuses: {text}");
        }
        for word in ["偽", "本物", "正規品", "安全", "安心", "保証", "脆弱性はありません"] {
            assert!(!text.contains(word), "{key} promises or accuses: {text}");
        }
    }
}

#[test]
fn guides_show_the_words_of_pages() {
    use crate::guide::{Guide, words_of_pages};
    // a text without what is filled in, as a guide quotes it
    let quoted = |text: &str| {
        let words = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
        words.collect::<String>().trim_matches([' ', '.', '。', '：', ':', '?']).to_owned()
    };
    for language in Language::ALL {
        let sources: Vec<_> = areas().into_values().map(|both| both[language as usize].clone()).collect();
        let shown: std::collections::BTreeSet<_> =
            sources.iter().flat_map(|source| texts(source).into_values()).map(|text| quoted(&text)).collect();
        for guide in Guide::ALL.into_iter().filter(|guide| guide.languages().contains(&language)) {
            let words = words_of_pages(guide, language);
            assert!(words.len() > 10, "{guide:?} {language:?}: {words:?}");
            let other: Vec<_> = words.into_iter().filter(|one| !shown.contains(&quoted(one))).collect();
            assert!(other.is_empty(), "{guide:?} {language:?}: no page says so: {other:#?}");
        }
    }
}

#[test]
fn typed_numbers_are_examples_of_numbers() {
    for language in Language::ALL {
        let example = &Texts::of(language).malformed.example;
        assert!(tegata_domain::number::Number::parse(example).is_ok(), "{example}");
    }
}
