//! Every page of every state in both languages: markup, access, careful limits, and what each state must say.

mod fixture;
mod markup;

use fixture::pages::pages;
use fixture::{at, camera, device, devices, hostile, now, number};
use markup::Element;
use std::collections::BTreeSet;
use tegata_web::asset::stylesheet;
use tegata_web::page::{self, Place};

/// Calls `check` with the name, the language and the text of every page.
fn each(check: impl Fn(&str, &str, &str)) {
    for lang in ["en", "ja"] {
        for (name, page) in pages(lang) {
            check(&format!("{name}.{lang}"), lang, &page);
        }
    }
}

fn one(name: &str, lang: &str) -> String {
    pages(lang).into_iter().find(|p| p.0 == name).expect("a fixture of that name").1
}

fn having<'a>(elements: &'a [Element], attribute: &'a str) -> impl Iterator<Item = &'a str> {
    elements.iter().filter_map(move |e| e.attribute(attribute))
}

#[test]
fn markup_is_well_formed() {
    each(|name, lang, page| {
        let elements = markup::read(page);
        let count = |tag: &str| elements.iter().filter(|e| e.tag == tag).count();
        for tag in ["html", "title", "h1", "main", "header", "footer"] {
            assert_eq!(count(tag), 1, "{name}: {tag}");
        }
        assert_eq!(elements[0].attribute("lang"), Some(lang), "{name}");
        let ids: Vec<_> = having(&elements, "id").collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{name}: ids are unique");
        for reference in ["for", "aria-labelledby", "aria-describedby"] {
            assert!(having(&elements, reference).all(|id| ids.contains(&id)), "{name}: {reference} leads somewhere");
        }
        assert!(page.len() <= 100_000, "{name}: {} bytes", page.len());
    });
}

#[test]
fn the_strictest_policy_holds() {
    each(|name, _, page| {
        for element in markup::read(page) {
            assert!(
                !["script", "style", "iframe", "img", "object"].contains(&&*element.tag),
                "{name}: {}",
                element.tag
            );
            for (attribute, _) in &element.attributes {
                assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {attribute}");
            }
            if element.tag == "link" && element.attribute("rel") != Some("alternate") {
                let href = element.attribute("href").unwrap();
                assert!(href == stylesheet().0 || href.starts_with("data:image/svg+xml,"), "{name}: {href}");
            }
        }
    });
}

#[test]
fn drawings_are_those_in_use() {
    each(|name, _, page| {
        let elements = markup::read(page);
        let of = |tag: &str, attribute: &str| -> BTreeSet<String> {
            let found = elements.iter().filter(|e| e.tag == tag).filter_map(|e| e.attribute(attribute));
            found.map(|id| id.trim_start_matches('#').to_owned()).collect()
        };
        assert_eq!(of("use", "href"), of("symbol", "id"), "{name}");
    });
}

#[test]
fn nothing_is_left_unfilled() {
    each(|name, _, page| {
        // The hostile fixtures carry braces of their own.
        if !name.starts_with("hostile") && !name.starts_with("model-hostile") {
            let mut outside = page.to_owned();
            // What a program wrote has braces of its own.
            while let Some((before, (_, after))) =
                outside.split_once("<pre").map(|(b, a)| (b, a.split_once("</pre>").unwrap()))
            {
                outside = format!("{before}{after}");
            }
            assert!(!outside.contains('{') && !outside.contains('}'), "{name}");
        }
    });
}

#[test]
fn hostile_words_stay_words() {
    for lang in ["en", "ja"] {
        for name in ["hostile", "model-hostile"] {
            let page = one(name, lang);
            for live in ["<script", "<img", "</title><style", "\"onmouseover", "<Ltd>"] {
                assert!(!page.contains(live), "{name}.{lang}: {live}");
            }
            assert!(page.contains("&#60;script&#62;alert(1)"), "{name}.{lang}");
        }
    }
    let page = one("hostile", "en");
    let title = page.split("</title>").next().unwrap();
    assert!(!title.contains('\u{202e}') && page.contains("<bdi>&#60;script"), "direction is held");
    let typed = one("malformed", "en");
    assert!(typed.contains("&#60;b&#62;&#34;U&#34;&#60;/b&#62;") && !typed.contains("<b>"));
    let place = Place::of(Some("x=%22&y=\"><b>"), None);
    let switched = page::unknown::render(&place, number());
    assert!(!switched.contains("<b>"));
    markup::read(&switched);
}

#[test]
fn the_other_language_is_one_link_away_and_keeps_the_query() {
    let place = Place::of(Some("n=7K3M-Q9TX-2HVD-R5WE"), Some("ja,en;q=0.5"));
    let (_, lookup) = devices().remove(0);
    let page = page::device::render(&place, &lookup);
    assert!(page.starts_with("<!doctype html>\n<html lang=\"ja\">"));
    assert!(page.contains("<a href=\"?n=7K3M-Q9TX-2HVD-R5WE&#38;lang=en\" lang=\"en\" hreflang=\"en\">English</a>"));
    assert!(!page.contains("name=\"lang\""));
    let chosen = page::front::render(&Place::of(Some("lang=ja"), None), None);
    assert!(
        chosen.contains("<input type=\"hidden\" name=\"lang\" value=\"ja\">") && chosen.contains("href=\"/?lang=ja\"")
    );
}

#[test]
fn the_seal_is_struck_only_over_a_proof() {
    for (name, lookup) in devices() {
        let page = page::device::render(&Place::of(None, None), &lookup);
        let proved = lookup.stamps[0].proved;
        assert_eq!(page.contains("class=\"seal\""), proved, "{name}");
        assert_eq!(page.contains("download=\"7K3M-1.tlog-proof\""), proved, "{name}");
        let proofs = lookup.stamps.iter().filter(|s| s.proved).count();
        assert_eq!(page.matches("class=\"stamp proved\"").count(), proofs, "{name}");
        for stamp in lookup.stamps.iter().filter(|s| s.proved) {
            let link = format!("href=\"/d/{}/proof/{}\"", lookup.number, stamp.sequence.unwrap());
            assert!(page.contains(&link), "{name}: {link}");
        }
    }
    let new = one("new", "en");
    assert!(new.contains("class=\"stamp unproved\"") && new.contains("Waiting for the ledger"));
    assert!(new.contains("There is no proof to download yet") && new.contains("0 of 1 proved"));
    assert_eq!(page::device::proof_file_name(number(), 12), "7K3M-12.tlog-proof");
}

#[test]
fn what_stops_a_person_stands_on_ink() {
    let stopped: BTreeSet<_> = pages("en").into_iter().filter(|p| p.1.contains("pass stopped")).map(|p| p.0).collect();
    let expect = ["unconfirmed", "quarantined", "recalled", "ended-recalled", "unknown"];
    assert_eq!(stopped, expect.iter().map(|s| s.to_string()).collect());
}

#[test]
fn support_is_told_from_today() {
    assert!(one("registered", "en").contains("4 years 4 months from today"));
    assert!(one("registered", "ja").contains("今日からあと4年4か月"));
    assert!(one("registered", "ja").contains("<time datetime=\"2032-03\">2032年3月</time>までサポート"));
    assert!(one("replace", "en").contains("Over: no more security updates"));
    let pump = one("pump", "en");
    assert!(pump.contains("This is the last month"));
    assert!(pump.contains("Less than five years, because: <bdi>Leased for three years, then taken back</bdi>"));
    // A reason given for five years and more is not one for less.
    let mut long = camera();
    long.support_reason = Some("because".into());
    let page = page::model::render(&Place::of(None, None), &long, "M", now());
    assert!(!page.contains("because"));
}

#[test]
fn a_stage_that_was_passed_over_is_not_still_to_come() {
    let ended = one("ended", "en");
    assert_eq!((ended.matches("no entry").count(), ended.matches("not yet").count()), (3, 0));
    assert!(one("registered", "en").contains("not yet"));
}

#[test]
fn an_ended_device_tells_what_became_of_its_secrets() {
    let all = [
        ("ended", "Nobody confirmed that the secrets in this camera were erased", "誰も確認していません"),
        ("ended-witnessed", "A witness stated that the secrets in this camera were erased", "立会人が述べています"),
        ("ended-signed", "this camera signed that it erased the secrets in it", "署名で示しました"),
    ];
    for (name, english, japanese) in all {
        for (other, en, ja) in all {
            assert_eq!(one(name, "en").contains(en), name == other, "{name}: {english}");
            assert_eq!(one(name, "ja").contains(ja), name == other, "{name}: {japanese}");
        }
    }
    assert!(!one("registered", "en").contains("secrets"));
    let erased = page::error::render(&Place::of(None, None), 410, "r-1");
    assert!(erased.contains("What stood here was erased."));
}

#[test]
fn the_page_of_a_model_tells_of_no_device() {
    for lang in ["en", "ja"] {
        let page = one("model", lang);
        assert!(!page.contains(&number().to_string()) && !page.contains("class=\"stamp"));
        assert!(!page.contains("name=\"robots\"") && one("registered", lang).contains("content=\"noindex\""));
    }
}

#[test]
fn careful_limits_are_told() {
    for (_, lookup) in devices() {
        let page = page::device::render(&Place::of(None, None), &lookup);
        for text in [
            "Look-ups are not counted yet",
            "it was not asked to sign",
            "it is not a certification",
            "stores neither the number nor your address",
        ] {
            assert!(page.contains(text), "{text}");
        }
    }
}

#[test]
fn whom_to_ask() {
    let recalled = one("recalled", "en");
    assert!(recalled.contains("class=\"button\" href=\"mailto:security@works.example\""));
    let mut lookup = devices().into_iter().find(|d| d.0 == "recalled").unwrap().1;
    std::sync::Arc::make_mut(&mut lookup.product).contact = None;
    assert!(page::device::render(&Place::of(None, None), &lookup).contains("holds no contact of the maker"));
}

#[test]
fn every_status_has_words() {
    for status in [400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 422, 429, 500, 501, 502, 503, 504, 999] {
        let page = page::error::render(&Place::of(None, None), status, "r-1");
        assert!(page.contains(&format!("Error {status}")) && page.contains("<code>r-1</code>"), "{status}");
    }
}

#[test]
fn long_input_does_not_make_long_pages() {
    let query = "x".repeat(60_000);
    let place = Place::of(Some(&query), Some(&"ja,".repeat(20_000)));
    let page = page::malformed::render(&place, &"手".repeat(20_000));
    assert!(page.len() < 10_000, "{}", page.len());
    assert!(page.contains("lang=\"ja\""));
}

#[test]
fn browser_colours_are_the_tokens() {
    let page = one("front", "en");
    let (_, css) = stylesheet();
    for colour in page.split("name=\"theme-color\" content=\"").skip(1).map(|rest| &rest[..7]) {
        assert!(css.contains(&format!("--ground: {colour};")), "{colour}");
    }
}

#[test]
fn dates_follow_the_place() {
    let (_, mut lookup) = devices().remove(0);
    lookup.at = at("2027-11-18T20:05:00Z");
    let ja = page::device::render(&Place::of(None, Some("ja")), &lookup);
    assert!(ja.contains("<time datetime=\"2027-11-18T20:05Z\">2027年11月19日 05:05（日本時間）</time>"));
    let en = page::device::render(&Place::of(None, None), &lookup);
    assert!(en.contains("<time datetime=\"2027-11-18T20:05Z\">2027-11-18 20:05 UTC</time>"));
}

#[test]
fn a_device_without_any_stamp_still_has_a_page() {
    use tegata_domain::device::Condition;
    use tegata_domain::lookup::{Answer, Todo};
    let lookup = device(Answer::Ended, Todo::DoNotUse, Condition::Suspect, [fixture::Mark::No; 6]);
    markup::read(&page::device::render(&Place::of(None, None), &lookup));
    markup::read(&page::device::render(&Place::of(None, None), &hostile()));
}
