//! Targets of `domain`, and of the compact form of sessions: what was read is written and read again.

use tegata_domain::cursor;
use tegata_domain::filter::Filter;
use tegata_domain::number::{KeyVersion, Number, Permutations, Serial};
use tegata_domain::product::gtin14;
use tegata_domain::release::{is_reported, is_version};
use tegata_domain::report::{self, TEXT_MAX};
use tegata_domain::scan::{COUNTRIES_MAX, Countries, Place};
use tegata_domain::time::{Month, Timestamp};
use tegata_domain::transfer::Code;
use tegata_store::session;

fn text(data: &[u8], run: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(data) {
        run(text);
    }
}

/// Management numbers and certificate serials.
pub fn number(data: &[u8]) {
    text(data, |text| {
        if let Ok(number) = Number::parse(text) {
            assert_eq!(Number::parse(&number.to_string()), Ok(number));
            assert_eq!(Number::parse(&text.to_lowercase()), Ok(number), "case counts for nothing");
            assert!(number.to_string().starts_with(&number.masked()[..4]));
        }
        if let Some(serial) = Serial::parse(text) {
            assert_eq!(Serial::parse(&serial.to_string()), Some(serial));
            assert!(serial.shard(16) < 16);
        }
    });
    let _refused = Serial::from_bytes(data);
}

/// Cursors of lists: who has no key makes none.
pub fn cursor(data: &[u8]) {
    let keys = Permutations::new(&[KeyVersion { version: 1, from_row: 0, key: [7; 32] }]);
    text(data, |text| {
        if let Some(row) = cursor::read(text, &keys) {
            let written = cursor::write(row, &keys).expect("it came from a row");
            assert_eq!(Number::parse(text), Number::parse(&written), "one cursor a row");
        }
    });
    if let Some(eight) = data.first_chunk() {
        let row = i64::from_be_bytes(*eight) & ((1 << 40) - 1);
        let written = cursor::write(row, &keys).expect("the key is in force from the first row on");
        assert_eq!(cursor::read(&written, &keys), Some(row));
        assert!(written.bytes().all(|byte| byte.is_ascii_alphanumeric()), "fit for a query");
    }
}

/// Claim codes.
pub fn code(data: &[u8]) {
    text(data, |text| {
        if let Some(code) = Code::parse(text) {
            assert_eq!(Code::parse(&code.text()), Some(code));
        }
    });
}

/// Times and months.
pub fn time(data: &[u8]) {
    text(data, |text| {
        if let Some(at) = Timestamp::parse(text) {
            assert_eq!(Timestamp::parse(&at.rfc3339()), Some(at), "{text}");
            assert_eq!(Month::parse(&at.date()[..7]), Some(at.month()));
        }
        if let Some(month) = Month::parse(text) {
            assert_eq!(month.to_string(), text);
            assert_eq!(Month::from_index(month.index()), month);
        }
    });
}

/// Article numbers, as labels and their addresses carry them.
pub fn gtin(data: &[u8]) {
    text(data, |text| {
        if let Ok(gtin) = gtin14(text) {
            assert!(gtin.len() == 14 && gtin.bytes().all(|b| b.is_ascii_digit()));
            assert_eq!(gtin14(&gtin).as_deref(), Ok(&*gtin));
        }
    });
}

/// Versions of releases, and as devices report them.
pub fn version(data: &[u8]) {
    text(data, |text| {
        if is_version(text) {
            assert!(is_reported(text), "what is published can be reported");
            assert!((1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()));
        }
    });
}

/// The compact form of a session.
pub fn session(data: &[u8]) {
    let Some((issued, bytes)) = data.split_first_chunk() else { return };
    if let Some(ratchet) = session::decode(u64::from_be_bytes(*issued), bytes) {
        assert_eq!(session::encode(&ratchet), bytes);
    }
}

/// A filter has one text, which needs no escapes in a URL, and reading that gives the same filter.
pub fn filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(filter) = Filter::parse(text) else { return };
    let written = filter.to_string();
    assert!(written.len() < 400 && written.bytes().all(|b| b.is_ascii_alphanumeric() || b"=&,-_".contains(&b)));
    assert_eq!(Filter::parse(&written), Ok(filter));
    assert_eq!(filter.is_all(), written.is_empty());
}

/// Where look-ups came from, as the store keeps it.
pub fn places(data: &[u8]) {
    text(data, |text| {
        let countries = Countries::parse(text);
        assert!(countries.len() <= COUNTRIES_MAX);
        assert_eq!(Countries::parse(&countries.text()), countries);
        if let Some(place) = Place::by_name(text) {
            assert_eq!(Place::by_name(&place.name()), Some(place));
        }
    });
}

/// The words of a report.
pub fn report(data: &[u8]) {
    text(data, |text| {
        if let Some(words) = report::words(text) {
            assert!((1..=TEXT_MAX).contains(&words.chars().count()));
            assert!(words.chars().all(|c| c == '\n' || !c.is_control()));
            assert_eq!(report::words(&words), Some(words.clone()));
        }
    });
}
