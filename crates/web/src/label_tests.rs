//! Labels: what stands on them, that the code is whole, and that no word leaves its place.

use super::*;

const URL: &str = "https://tegata.example/01/04512345678906/21/EW210-000123?n=7K3M-Q9TX-2HVD-R5WE";

fn number() -> Number {
    Number::parse("7K3M-Q9TX-2HVD-R5WE").unwrap()
}

fn label() -> Label<'static> {
    Label {
        url: URL,
        number: number(),
        model: "EW-C210",
        maker: "Example Works",
        serial: "EW210-000123",
        gtin: "04512345678906",
    }
}

#[test]
fn carries_what_a_person_reads() {
    let svg = svg(&label()).unwrap();
    for text in [
        "7K3M-Q9TX",
        "2HVD-R5WE",
        "EW-C210",
        "Example Works",
        "S/N EW210-000123",
        "GTIN 04512345678906",
        ">tegata.example<",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(svg.contains("width=\"60mm\" height=\"30mm\""));
}

#[test]
fn the_code_is_black_on_white_with_its_quiet_zone() {
    let code = QrCode::with_error_correction_level(URL, EcLevel::Q).unwrap();
    let path = outline(&code);
    assert!(path.starts_with("M4 4h7v1H4z"), "the finder stands behind four light modules: {}", &path[..20]);
    let dark: usize = code.to_colors().iter().filter(|c| **c == Color::Dark).count();
    let drawn: usize =
        path.split('h').skip(1).map(|run| run.split('v').next().unwrap().parse::<usize>().unwrap()).sum();
    assert_eq!(dark, drawn);
    let svg = svg(&label()).unwrap();
    let side = code.width() + 8;
    assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    assert!(svg.split("fill=\"").skip(1).all(|f| f.starts_with("#000\"") || f.starts_with("#fff\"")));
}

#[test]
fn hostile_words_are_escaped_and_long_ones_fit() {
    let label = Label { maker: "<script>&\"", model: &"M".repeat(60), serial: &"日本".repeat(40), ..label() };
    let svg = svg(&label).unwrap();
    assert!(!svg.contains("<script>"));
    for line in [fit(label.model, 3.2, 1.6), fit(label.serial, 2.2, 1.4), fit("EW", 3.2, 1.6)] {
        assert!(width(&line.text) * line.size <= COLUMN + 2.0, "{} at {}", line.text, line.size);
    }
    assert_eq!(fit("EW", 3.2, 1.6).size, 3.2);
    assert!(fit(label.model, 3.2, 1.6).text.ends_with('…'));
}

#[test]
fn a_code_too_fine_to_read_is_refused() {
    let url = format!("https://tegata.example/01/04512345678906/21/{}", "a/".repeat(150));
    assert_eq!(svg(&Label { url: &url, ..label() }), Err(UrlTooLong));
    assert_eq!(svg(&Label { url: &"a".repeat(5000), ..label() }), Err(UrlTooLong));
}

#[test]
fn numbers_break_in_the_middle() {
    assert_eq!(halves(number()), ("7K3M-Q9TX".into(), "2HVD-R5WE".into()));
    assert_eq!(host("http://127.0.0.1:8080/01/1"), "127.0.0.1:8080");
    assert_eq!(host("https://tegata.example?n=1"), "tegata.example");
}
