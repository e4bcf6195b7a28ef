//! Fields of HTTP requests (RFC 9110): what is accepted, what a client has already, which part it wants.

use crate::tlog::sha256;

/// Ranges of one request that are answered; a request for more gets the whole (§14.2 lets a server ignore the field).
pub const RANGES_MAX: usize = 16;

/// A strong entity tag (§8.8.3) of these bytes: 128 bits of their SHA-256.
pub fn etag(bytes: &[u8]) -> String {
    let digest = sha256(&[bytes]);
    format!("\"{}\"", data_encoding::HEXLOWER.encode(&digest[..16]))
}

/// Whether a list of entity tags, as If-Match or If-None-Match carry it, holds `tag`. `*` holds any.
/// Weak tags count for a weak comparison only (§8.8.3.2).
pub fn holds_tag(list: &str, tag: &str, weak: bool) -> bool {
    list.split(',').map(str::trim).any(|one| match one.strip_prefix("W/") {
        Some(one) => weak && one == tag,
        None => one == tag || one == "*",
    })
}

/// Whether an Accept field (§12.5.1) lets `media` through. An absent or empty one lets everything through.
pub fn accepts(accept: &str, media: &str) -> bool {
    if accept.trim().is_empty() {
        return true;
    }
    // of the ranges that fit, the most specific one decides
    let fits = accept.split(',').filter_map(|one| {
        let mut parts = one.split(';').map(str::trim);
        let precision = precision(parts.next()?, media)?;
        Some((precision, !parts.any(is_zero)))
    });
    fits.max_by_key(|(precision, _)| *precision).is_some_and(|(_, wanted)| wanted)
}

/// How closely a media range names `media`.
fn precision(range: &str, media: &str) -> Option<u8> {
    let kind = media.split('/').next().unwrap_or_default();
    match range {
        _ if range.eq_ignore_ascii_case(media) => Some(2),
        "*/*" | "*" => Some(0),
        _ => range.strip_suffix("/*").filter(|own| own.eq_ignore_ascii_case(kind)).map(|_| 1),
    }
}

/// A weight of nothing: `q=0`, `q=0.000`.
fn is_zero(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0)
    })
}

/// What a Range field asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// The whole: no range, one in another unit, malformed, or too many (§14.2).
    Whole,
    /// Parts, in the order of the request: first byte and length.
    Parts(Vec<(u64, u64)>),
    /// Nothing of it is there (§15.5.17).
    Unsatisfiable,
}

/// Reads a Range field (§14.2) for a representation of `size` bytes.
pub fn range(field: &str, size: u64) -> Range {
    let Some((unit, set)) = field.split_once('=') else { return Range::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Range::Whole;
    }
    let mut parts = Vec::new();
    for (count, one) in set.split(',').map(str::trim).filter(|one| !one.is_empty()).enumerate() {
        if count == RANGES_MAX {
            return Range::Whole;
        }
        match part(one, size) {
            None => return Range::Whole,
            Some(None) => {}
            Some(Some(part)) => parts.push(part),
        }
    }
    // who asks for the same bytes many times is served them once
    let wanted: u128 = parts.iter().map(|(_, length)| u128::from(*length)).sum();
    match parts.len() {
        0 if set.trim().is_empty() => Range::Whole,
        0 => Range::Unsatisfiable,
        1 => Range::Parts(parts),
        _ if wanted > size.into() => Range::Whole,
        _ => Range::Parts(parts),
    }
}

/// One range: `None` is malformed, `Some(None)` lies outside.
fn part(text: &str, size: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // a number past all numbers is past the end
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        let length = number(last)?.min(size);
        return Some((length > 0).then(|| (size - length, length)));
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some((first < size).then(|| (first, last.min(size - 1) - first + 1)))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (§5.6.7) of year, month, day, hour, minute, second in UTC.
pub fn date([year, month, day, hour, minute, second]: [u16; 6]) -> String {
    const DAYS: [&str; 7] = ["Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // Zeller's congruence counts January and February to the year before
    let (y, m) = if month < 3 { (u32::from(year) - 1, month + 12) } else { (u32::from(year), month) };
    let weekday = (u32::from(day) + 13 * (u32::from(m) + 1) / 5 + y + y / 4 + y / 400 + 6 * (y / 100)) % 7;
    let name = MONTHS[usize::from(month.clamp(1, 12)) - 1];
    format!("{}, {day:02} {name} {year:04} {hour:02}:{minute:02}:{second:02} GMT", DAYS[weekday as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let parts = |parts: &[(u64, u64)]| Range::Parts(parts.to_vec());
        for (field, expect) in [
            ("bytes=0-0", parts(&[(0, 1)])),
            ("bytes=100-", parts(&[(100, 900)])),
            ("Bytes = 100-199", parts(&[(100, 100)])),
            ("bytes=900-5000", parts(&[(900, 100)])),
            ("bytes=-1", parts(&[(999, 1)])),
            ("bytes=-5000", parts(&[(0, 1000)])),
            ("bytes=0-9, 20-29 ,-10", parts(&[(0, 10), (20, 10), (990, 10)])),
            ("bytes=0-9,5000-", parts(&[(0, 10)])),
            ("bytes=999-99999999999999999999999999", parts(&[(999, 1)])),
            ("bytes=1000-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=2000-,-0", Range::Unsatisfiable),
            ("bytes=9-1", Range::Whole),
            ("bytes=a-b", Range::Whole),
            ("bytes=1", Range::Whole),
            ("bytes=--1", Range::Whole),
            ("bytes=", Range::Whole),
            ("lines=1-2", Range::Whole),
            ("", Range::Whole),
            ("bytes=0-,0-", Range::Whole),
        ] {
            assert_eq!(range(field, 1000), expect, "{field}");
        }
        assert_eq!(range("bytes=0-", 0), Range::Unsatisfiable);
        assert_eq!(range("bytes=-5", 0), Range::Unsatisfiable);
        assert_eq!(range("bytes=0-,0-", u64::MAX), Range::Whole, "also where the sum is past all numbers");
        let many = format!("bytes={}", ["0-0"; RANGES_MAX + 1].join(","));
        assert_eq!(range(&many, 1000), Range::Whole);
        assert_eq!(range(&many[..many.len() - 4], 1000), parts(&[(0, 1); RANGES_MAX]));
    }

    #[test]
    fn dates() {
        for (parts, expect) in [
            ([1994, 11, 6, 8, 49, 37], "Sun, 06 Nov 1994 08:49:37 GMT"),
            ([2024, 2, 29, 0, 0, 0], "Thu, 29 Feb 2024 00:00:00 GMT"),
            ([2026, 11, 23, 23, 59, 59], "Mon, 23 Nov 2026 23:59:59 GMT"),
            ([2000, 1, 1, 0, 0, 0], "Sat, 01 Jan 2000 00:00:00 GMT"),
            ([1970, 1, 1, 0, 0, 0], "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] {
            assert_eq!(date(parts), expect);
        }
    }

    #[test]
    fn what_is_accepted() {
        let hal = "application/hal+json";
        for accept in ["", "*/*", "application/*", "application/hal+json", "text/html, APPLICATION/HAL+JSON;q=0.1"] {
            assert!(accepts(accept, hal), "{accept}");
        }
        for accept in
            ["text/html", "application/cbor", "application/json", "*/*, application/hal+json;q=0", "*/*;q=0.0"]
        {
            assert!(!accepts(accept, hal), "{accept}");
        }
        assert!(accepts("application/*;q=0, application/hal+json", hal), "the closer one decides");
    }

    #[test]
    fn tags() {
        let tag = etag(b"body");
        assert!(tag.len() == 34 && tag != etag(b"another"));
        let list = format!("\"x\", {tag}");
        assert!(holds_tag(&list, &tag, false) && holds_tag("*", &tag, false));
        assert!(holds_tag(&format!("W/{tag}"), &tag, true) && !holds_tag(&format!("W/{tag}"), &tag, false));
        assert!(!holds_tag("\"x\"", &tag, true) && !holds_tag("", &tag, true));
    }
}
