//! Heartbeats: what was read is written and read again, and a signed head has one text.

use tegata_wire::device_head::DeviceHead;
use tegata_wire::heartbeat::{Answer, MAX_ANSWER, MAX_REQUEST, Request, is_nonce};

/// What a device says.
pub fn request(data: &[u8]) {
    if let Ok(said) = Request::parse(data) {
        assert!(data.len() <= MAX_REQUEST && said.nonce.as_deref().is_none_or(is_nonce));
        let again = said.json();
        if again.len() <= MAX_REQUEST {
            assert_eq!(Request::parse(again.as_bytes()), Ok(said));
        }
    }
}

/// What it is answered.
pub fn answer(data: &[u8]) {
    if let Ok(answer) = Answer::parse(data) {
        assert!(data.len() <= MAX_ANSWER);
        let again = answer.json();
        if again.len() <= MAX_ANSWER {
            assert_eq!(Answer::parse(again.as_bytes()), Ok(answer));
        }
    }
}

/// The text of a signed head.
pub fn head(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(head) = DeviceHead::parse(text) {
        assert_eq!(head.text().as_deref(), Ok(text));
    }
}
