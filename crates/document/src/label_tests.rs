//! Labels: what stands on them, that the code is whole, and that no word leaves its place.

use super::*;

const URL: &str = "https://tegata.example/01/04512345678906/21/EW210-000123?n=7K3M-Q9TX-2HVD-R5WE";

const NUMBER: &str = "7K3M-Q9TX-2HVD-R5WE";

fn label() -> Label<'static> {
    Label {
        url: URL,
        number: NUMBER,
        model: "EW-C210",
        maker: "Example Works",
        serial: "EW210-000123",
        gtin: "04512345678906",
        password: None,
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
    for (text, size) in [
        fit(label.model, 3.2, 1.6, Face::Plain),
        fit(label.serial, 2.2, 1.4, Face::Plain),
        fit("EW", 3.2, 1.6, Face::Bold),
    ] {
        assert!(width(&text) * size <= COLUMN + 2.0, "{text} at {size}");
    }
    assert_eq!(fit("EW", 3.2, 1.6, Face::Plain).1, 3.2);
    assert!(fit(label.model, 3.2, 1.6, Face::Plain).0.ends_with('…'));
}

#[test]
fn a_code_too_fine_to_read_is_refused() {
    let url = format!("https://tegata.example/01/04512345678906/21/{}", "a/".repeat(150));
    assert_eq!(svg(&Label { url: &url, ..label() }), Err(UrlTooLong));
    assert_eq!(svg(&Label { url: &"a".repeat(5000), ..label() }), Err(UrlTooLong));
}

#[test]
fn numbers_break_in_the_middle() {
    assert_eq!(halves(NUMBER), ("7K3M-Q9TX".into(), "2HVD-R5WE".into()));
    assert_eq!(host("http://127.0.0.1:8080/01/1"), "127.0.0.1:8080");
    assert_eq!(host("https://tegata.example?n=1"), "tegata.example");
}

#[test]
fn a_password_has_its_line_and_all_lines_keep_apart() {
    let with = Label { password: Some("0123-ABCD-WXYZ"), ..label() };
    assert!(svg(&with).unwrap().contains(">PW 0123-ABCD-WXYZ<"));
    assert!(!svg(&label()).unwrap().contains("PW"));
    for label in [label(), with] {
        let lines = words(&label);
        for (above, below) in lines.iter().zip(&lines[1..]) {
            assert!(below.y - 0.75 * below.size >= above.y, "{} runs into {}", below.text, above.text);
        }
        assert!(lines[0].y - 0.75 * lines[0].size > 0.5 && lines[lines.len() - 1].y < 29.0);
    }
}

#[test]
fn links_escape_what_a_path_may_not_hold() {
    let link = digital_link("https://t.example", "04512345678906", "A/1 +?(日)", NUMBER);
    assert_eq!(link, format!("https://t.example/01/04512345678906/21/A%2F1%20%2B%3F%28%E6%97%A5%29?n={NUMBER}"));
}

#[test]
fn dots_have_the_size_of_the_label() {
    let png = png(&label()).unwrap();
    assert!(png.len() < 20_000, "{}", png.len());
    let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    assert_eq!(reader.info().size(), (720, 360));
    let dims = reader.info().pixel_dims.unwrap();
    assert_eq!((dims.xppu, dims.yppu), (12_000, 12_000), "60 × 30 mm");
    let url = "a".repeat(5000);
    assert_eq!(super::png(&Label { url: &url, ..label() }), Err(UrlTooLong));
}
