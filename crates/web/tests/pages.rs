//! Every page of every state in both languages: markup, access, careful limits, and what each state must say.

mod fixture;
mod markup;

use fixture::pages::pages;
use fixture::{at, camera, device, devices, hostile, now, number};
use markup::Element;
use std::collections::BTreeSet;
use tegata_web::asset::stylesheet;
use tegata_web::guide::Guide;
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

/// Where the question mark of a page leads.
fn help(page: &str) -> &str {
    let rest = page.split_once("<a class=\"help\" href=\"").expect("every page has a question mark").1;
    rest.split_once('"').expect("an address ends").0
}

#[test]
fn every_question_mark_leads_to_a_section() {
    each(|name, lang, page| {
        let to = help(page);
        let general = name.starts_with("error-") || name.starts_with("guide");
        if general {
            assert_eq!(to, format!("/guide?lang={lang}"), "{name}");
            return;
        }
        let (guide, section) = to.strip_prefix("/guide/").unwrap().split_once(&format!("?lang={lang}#")).expect(to);
        assert!(Guide::by_name(guide).is_some_and(|guide| guide.has(section)), "{name}: {to}");
        assert!(one(&format!("guide-{guide}"), lang).contains(&format!(" id=\"{section}\"")), "{name}: {to}");
    });
}

#[test]
fn a_guide_in_another_language_says_so() {
    let (english, japanese) = (one("guide-maker", "ja"), one("guide-owner", "ja"));
    assert!(english.contains("<article class=\"prose\" lang=\"en\">") && english.contains("英語版のみ"));
    assert!(japanese.contains("<article class=\"prose\">") && !japanese.contains("英語版のみ"));
    assert!(!one("guide-maker", "en").contains("This guide is in English"));
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
        // The hostile fixtures carry braces of their own, guides those of addresses.
        if !name.starts_with("guide-") && !name.starts_with("hostile") && !name.starts_with("model-hostile") {
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
    let expect = ["unconfirmed", "quarantined", "recalled", "recalled-on", "ended-recalled", "unknown"];
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
            "A printed code can be copied",
            "This label has no tag that could answer",
            "it is not a certification",
            "Your address is not kept",
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

/// The part of a page that is one tier.
fn tier(page: &str, id: &str) -> String {
    let from = page.find(&format!(" id=\"{id}\">")).unwrap_or_else(|| panic!("no {id}"));
    let rest = &page[from..];
    rest.split_once("</li>").map_or(rest, |(part, _)| part).to_owned()
}

/// What stands between the tags.
fn spoken(markup: &str) -> String {
    let text: String = markup.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn how_often_a_code_was_seen_in_words() {
    for (name, english, japanese) in [
        ("seen-not-counted", "Look-ups are not counted here", "このサーバーでは照会を数えていない"),
        ("seen-first", "Nobody’s look-up of this code was counted before yours.", "これまで一度も数えられていません"),
        ("seen-not-since", "First looked up on 2027-04-02; not since, in one country.", "その後の照会はありません"),
        ("seen-once", "First looked up on 2027-04-02; once since.", "その後1回照会されています。"),
        ("seen-abroad", "First looked up on 2027-04-02; 1,204 times since, in 3 countries.", "照会元は3か国です"),
        ("seen-many", "That is more than one label usually is", "1枚のラベルとしては多すぎます"),
        ("seen-hidden", "Only its owner sees when it was looked up.", "持ち主にだけ表示します"),
    ] {
        for (lang, words) in [("en", english), ("ja", japanese)] {
            let tier = tier(&one(name, lang), "seen");
            assert!(spoken(&tier).contains(words), "{name}.{lang}: {}", spoken(&tier));
        }
    }
    let many = spoken(&one("seen-many", "en"));
    assert!(many.contains("To do: compare it with this page") && !many.contains("Nothing to do right now"));
    let hidden = spoken(&tier(&one("seen-hidden", "en"), "seen"));
    assert!(!hidden.contains("2027") && !hidden.contains("times"), "{hidden}");
}

#[test]
fn whether_it_signed_now_in_words() {
    for (name, english, japanese) in [
        ("registered", "You can ask it to sign: if it is on and connected, it answers", "ここから署名を求められます"),
        (
            "signed-asked",
            "It has not answered yet; it answers at its next sign of life, within 5 minutes.",
            "次の通信のとき（5分以内）に答えます",
        ),
        (
            "signed-near",
            "The device with this number signed at 03:29 UTC, on the same network as you.",
            "あなたと同じネットワークからです",
        ),
        ("signed-near-asker", "on the network that it was asked from", "署名を求めた人と同じネットワークからです"),
        (
            "signed-elsewhere",
            "on another network: somewhere this device lives; this page cannot tell whether it is the one before you.",
            "別のネットワークからです",
        ),
        ("signed-unknown", "From which network is not known", "どのネットワークからかはわからない"),
        (
            "signed-cannot-confirm",
            "It was asked at 03:12 UTC and did not answer",
            "12:12（日本時間）に署名を求めましたが",
        ),
        ("quarantined", "It cannot be asked to sign", "署名を求められません"),
        ("new", "It cannot be asked to sign", "署名を求められません"),
    ] {
        for (lang, words) in [("en", english), ("ja", japanese)] {
            let tier = tier(&one(name, lang), "signed");
            assert!(spoken(&tier).contains(words), "{name}.{lang}: {}", spoken(&tier));
            let asks = matches!(name, "registered" | "signed-cannot-confirm");
            let form = format!("action=\"/d/{}/ask?lang={lang}\"", number());
            assert_eq!(tier.contains(&form), asks, "{name}: a button to ask");
        }
    }
    // only what was proven carries vermilion
    for (name, page) in pages("en").into_iter().filter(|(_, page)| page.contains(" id=\"signed\"")) {
        let proven = name.starts_with("signed-near") || matches!(&*name, "signed-elsewhere" | "signed-unknown");
        assert_eq!(page.contains("class=\"reached\" id=\"signed\""), proven, "{name}");
        assert!(!page.contains("class=\"reached\" id=\"seen\""), "{name}: a count proves nothing");
    }
}

#[test]
fn a_page_that_looks_again_can_be_stopped() {
    let asked = devices().into_iter().find(|d| d.0 == "signed-asked").unwrap().1;
    let waits = page::device::render(&Place::of(Some("wait=1"), None), &asked);
    let signed = tier(&waits, "signed");
    assert!(signed.contains("This page looks again every 15 seconds."));
    assert!(signed.contains(&format!("href=\"/d/{}#signed\"", number())), "{signed}");
    let still = tier(&page::device::render(&Place::of(None, None), &asked), "signed");
    let again = |lang: &str| format!("?wait=1{lang}&#38;at={}#signed\"", asked.at.millis());
    assert!(!still.contains("15 seconds") && still.contains(&format!("href=\"/d/{}{}", number(), again(""))));
    let ja = tier(&page::device::render(&Place::of(Some("lang=ja&wait=1"), None), &asked), "signed");
    assert!(ja.contains(&again("&#38;lang=ja")) && ja.contains("?lang=ja#signed"), "{ja}");
}

#[test]
fn a_security_release_that_waits_is_the_thing_to_do() {
    let update = one("update", "en");
    assert!(spoken(&update).contains("To do: install security release 4.2.1"));
    assert!(spoken(&update).contains("4.2.1 waits"));
    assert!(spoken(&one("update", "ja")).contains("お願い：セキュリティ更新 4.2.1 を適用してください"));
    let newest = one("newest", "en");
    assert!(newest.contains("No security release waits") && newest.contains("Nothing to do right now"));
    assert!(one("foreign-software", "en").contains("The register does not know this version"));
    assert!(!one("registered", "en").contains("Running software"), "it never said what it runs");
    // a recall goes before it
    let waits = fixture::runs("4.1.0", Some(tegata_domain::lookup::Waiting::Release("4.2.1".into())));
    let recalled = devices().into_iter().find(|d| d.0 == "recalled").unwrap().1.with(waits);
    assert_eq!(recalled.todo, tegata_domain::lookup::Todo::FollowRecall);
    assert!(spoken(&one("recalled-on", "en")).contains("Since 2027-11-10"));
}

/// Word, maker, support end, one thing to do: what a phone shows first, in this order.
#[test]
fn the_first_screen_keeps_its_order() {
    let page = one("update", "en");
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("no {words}"));
    let order = [
        at("Registered."),
        at("Entered by its maker"),
        at("Supported until"),
        at("To do: install"),
        at("class=\"seam\""),
        at("id=\"seen\""),
    ];
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn a_report_has_a_form_and_an_answer() {
    let page = one("registered", "en");
    assert!(page.contains(&format!("action=\"/d/{}/report?lang=en\"", number())));
    for kind in tegata_domain::report::ReportKind::ALL {
        assert!(page.contains(&format!("name=\"kind\" value=\"{}\"", kind.name())), "{kind:?}");
    }
    assert!(page.contains("Do not write who you are") && !page.contains("type=\"email\""));
    let (_, lookup) = devices().remove(0);
    let told = |place: Place<'_>| page::device::render(&place, &lookup);
    assert!(told(Place::of(Some("said=reported"), None)).contains("Thank you. Owner and maker can read it now."));
    let plain = Place::of(None, None);
    for (said, words) in [
        (page::Said::ReportedTooOften, "Enough was reported today"),
        (page::Said::NoWords, "in at most 1,000 characters."),
        (page::Said::AskedTooOften, "Devices were asked often enough from your network"),
    ] {
        let page = told(plain.saying(said));
        markup::read(&page);
        assert!(page.contains(words), "{said:?}");
    }
    assert!(one("report-waits", "ja").contains("持ち主と製造者の確認を待っています"));
    assert!(!page.contains("waits for its owner"));
}
