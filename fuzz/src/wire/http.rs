//! Fields of HTTP requests: parts lie inside of what there is, and nobody is served more than the whole.

use arbitrary::Unstructured;
use tegata_wire::http::{self, RANGES_MAX, Range};

/// A Range field over a representation of any size.
pub fn range(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(size) = input.arbitrary::<u64>() else { return };
    let Ok(field) = std::str::from_utf8(input.take_rest()) else { return };
    let Range::Parts(parts) = http::range(field, size) else { return };
    assert!((1..=RANGES_MAX).contains(&parts.len()));
    for (first, length) in &parts {
        assert!(*length > 0 && first.checked_add(*length).is_some_and(|end| end <= size), "{field:?} of {size}");
    }
    assert!(parts.iter().map(|(_, length)| u128::from(*length)).sum::<u128>() <= u128::from(size));
}

/// Accept and the entity tags, and a date.
pub fn fields(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let tag = http::etag(data);
    assert!(http::holds_tag(&tag, &tag, false) && http::holds_tag(&tag, &tag, true));
    // what a strong comparison holds, a weak one holds too (RFC 9110 §8.8.3.2)
    assert!(!http::holds_tag(text, &tag, false) || http::holds_tag(text, &tag, true));
    let accepted = http::accepts(text, "application/json");
    assert_eq!(
        accepted,
        http::accepts(&text.to_ascii_uppercase(), "application/json"),
        "case counts for nothing: {text:?}"
    );
    if let [y, m, d, h, i, s, ..] = *data {
        let parts = [1970 + u16::from(y), 1 + u16::from(m) % 12, 1 + u16::from(d) % 28, h.into(), i.into(), s.into()];
        let parts = [parts[0], parts[1], parts[2], parts[3] % 24, parts[4] % 60, parts[5] % 60];
        assert_eq!(http::date(parts).len(), 29, "IMF-fixdate (RFC 9110 §5.6.7)");
    }
}
