//! Bodies of EST: base64 and back, in one line or many.

use tegata_wire::est;

/// Any body, and any bytes as DER.
pub fn body(data: &[u8]) {
    if let Some(der) = est::decode(data) {
        assert!(der.len() <= data.len(), "base64 and bare DER never grow");
    }
    let text = est::encode(data);
    assert_eq!(est::decode(text.as_bytes()).as_deref(), Some(data));
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    for between in ["\n", "\r\n", " \n\t"] {
        assert_eq!(est::decode(lines.join(between).as_bytes()).as_deref(), Some(data), "wrapped (RFC 8951 §3.1)");
    }
}
