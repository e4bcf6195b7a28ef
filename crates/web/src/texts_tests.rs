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
    let [en, ja] = SOURCES.map(texts);
    assert_eq!(en.keys().collect::<Vec<_>>(), ja.keys().collect::<Vec<_>>());
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
    let areas = areas().into_iter().flat_map(|(_, sources)| sources);
    for (key, text) in SOURCES.map(str::to_owned).into_iter().chain(areas).flat_map(|source| texts(&source)) {
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
fn typed_numbers_are_examples_of_numbers() {
    for language in Language::ALL {
        let example = &Texts::of(language).malformed.example;
        assert!(tegata_domain::number::Number::parse(example).is_ok(), "{example}");
    }
}

/// Catalogues of areas, each in both languages, from their folders.
fn areas() -> Vec<(String, [String; 2])> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("texts");
    let names = |tag: &str| {
        let files = std::fs::read_dir(root.join(tag)).unwrap().map(|entry| entry.unwrap().file_name());
        files.map(|name| name.into_string().unwrap()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names("en"), names("ja"));
    let read = |name: &str| ["en", "ja"].map(|tag| std::fs::read_to_string(root.join(tag).join(name)).unwrap());
    names("en").into_iter().map(|name| (name.clone(), read(&name))).collect()
}

#[test]
fn catalogues_of_areas_are_filled_alike() {
    let all = areas();
    assert!(!all.is_empty());
    for (area, sources) in all {
        let [en, ja] = sources.each_ref().map(|source| texts(source));
        assert_eq!(en.keys().collect::<Vec<_>>(), ja.keys().collect::<Vec<_>>(), "{area}");
        for (key, english) in &en {
            let japanese = &ja[key];
            for text in [english, japanese] {
                assert!(!text.trim().is_empty() && text.trim() == text, "{area}{key}: {text:?}");
            }
            let told = |text| placeholders(text).into_iter().filter(|p| *p != "noun").collect::<Vec<_>>();
            assert_eq!(told(english), told(japanese), "{area}{key}");
        }
    }
    assert_eq!(visit::Visit::of(Language::Ja).report.button, "送信する");
}
