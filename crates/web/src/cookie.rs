//! Cookies: read one name, write one line. Nothing here keeps a jar.
//!
//! Why by hand: we set four cookies of one kind (`__Host-`: secure, this host alone, the whole path), and read them by
//! name.

use http::{HeaderMap, HeaderValue, header};

/// What a browser keeps for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The secret of a login.
    Login,
    /// By what a browser is known in which its person logged in before.
    Known,
    /// What stands for a password while the second factor is asked for.
    Ticket,
    /// What the token of a form before any login rests on.
    Form,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Cookie::Login => "__Host-tegata",
            Cookie::Known => "__Host-tegata-known",
            Cookie::Ticket => "__Host-tegata-ticket",
            Cookie::Form => "__Host-tegata-form",
        }
    }

    /// Its value, where a request carries it once.
    pub fn of(self, headers: &HeaderMap) -> Option<&str> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name()).map(|(_, value)| value);
        // two of one name: somebody else set one of them
        values.next().filter(|_| values.next().is_none())
    }

    /// The line that sets it, for so many seconds; for as long as the browser runs where none are given.
    pub fn set(self, value: &str, seconds: Option<u64>) -> HeaderValue {
        let life = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let line = format!("{}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{life}", self.name());
        // values are base64url, so this cannot fail; a cookie that is not set is one that is asked for again
        HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The line that takes it away.
    pub fn clear(self) -> HeaderValue {
        self.set("", Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn one_is_read_by_its_name() {
        let sent = headers(&["a=1; __Host-tegata=abc; __Host-tegata-known=k", "b=2"]);
        assert_eq!(Cookie::Login.of(&sent), Some("abc"));
        assert_eq!(Cookie::Known.of(&sent), Some("k"));
        assert_eq!(Cookie::Form.of(&sent), None);
        assert_eq!(Cookie::Login.of(&headers(&["__Host-tegata=a; __Host-tegata=b"])), None);
        assert_eq!(Cookie::Login.of(&headers(&["x__Host-tegata=a"])), None);
    }

    #[test]
    fn all_are_bound_to_this_host() {
        let line = Cookie::Login.set("abc", Some(60));
        assert_eq!(line, "__Host-tegata=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60");
        assert!(Cookie::Ticket.clear().to_str().unwrap().contains("Max-Age=0"));
    }
}
