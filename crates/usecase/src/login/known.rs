//! Browsers that a person logged in with before: each carries a text that only this platform can make.

use crate::cx::Inner;
use std::time::Duration;
use tegata_domain::account::Account;
use tegata_domain::time::Timestamp;
use tegata_keys::secret;

const LABEL: &str = "tegata-known/v1";
/// How long a browser stays known.
const LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// A text for this browser: until when, a random id, and a code over both and the account.
pub(super) fn known(account: &Account, id: [u8; 16], now: Timestamp, cx: &Inner) -> String {
    let mut bytes = now.plus(LIFE).millis().to_be_bytes().to_vec();
    bytes.extend(id);
    let code = cx.seal.mac(LABEL, &message(account, &bytes));
    bytes.extend(code);
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}

/// Whether the browser carries one for this account.
pub(super) fn is_known(account: &Account, text: Option<&str>, now: Timestamp, cx: &Inner) -> bool {
    let decoded = text.and_then(|text| data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok());
    let Some((head, code)) = decoded.as_deref().and_then(|bytes| bytes.split_at_checked(24)) else { return false };
    let until = head.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    now.millis() < until && secret::same(code, &cx.seal.mac(LABEL, &message(account, head)))
}

fn message(account: &Account, head: &[u8]) -> Vec<u8> {
    [account.uid.as_bytes().as_slice(), head].concat()
}
