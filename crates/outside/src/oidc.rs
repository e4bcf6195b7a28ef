//! OpenID Connect (Core 1.0): people who prove themselves at the provider of their organisation. Code flow with PKCE
//! (RFC 7636), state and nonce; everything blocks for at most ten seconds, on a thread that its caller chose.
//!
//! Why own code: of the protocol this is one flow with one kind of answer, over the HTTP client and the cryptography that
//! are there; the signature of tokens is jsonwebtoken's part.
//! Invariant: nothing of a person counts before [`token::verify`] held her ID token, and only a [`Begun`] that the caller
//! kept sealed ends in an [`Identity`]. What the provider says is bounded, and leads nowhere else.

pub mod document;
mod link;
pub mod token;

use aws_lc_rs::{constant_time, digest};
use data_encoding::BASE64URL_NOPAD;
use document::{Document, Keys};
use link::Link;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tegata_domain::chance::{self, Chance};
use tegata_domain::time::Timestamp;
use url::Url;

/// How long the provider's document and keys are kept.
const KEPT: Duration = Duration::from_secs(3600);

/// How soon keys are asked for again when a token names one that is not among them.
const AGAIN: Duration = Duration::from_secs(10);

/// The longest text that a browser brings back.
const BACK_MAX: usize = 4096;

/// A provider that accounts can be opened through.
#[derive(Clone)]
pub struct Settings {
    /// Its issuer, as its document says it: `https://id.example.com`. Plain HTTP is taken on loopback alone.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; `None` for a public client.
    pub client_secret: Option<String>,
    /// Where it sends people back to: an address of ours, word for word as it is known there.
    pub redirect: String,
    /// Certificates that its own is checked against beside the system's, PEM.
    pub trust: Option<Vec<u8>>,
}

impl fmt::Debug for Settings {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { issuer, client_id, redirect, .. } = self;
        f.debug_struct("Settings")
            .field("issuer", issuer)
            .field("client_id", client_id)
            .field("redirect", redirect)
            .finish()
    }
}

/// Why nobody was identified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The settings cannot be used.
    #[error("settings: {0}")]
    Settings(String),
    /// The provider did not answer, or says that it cannot now.
    #[error("the provider cannot be reached: {0}")]
    Away(String),
    /// It answered what cannot be used.
    #[error("the provider's answer cannot be used: {0}")]
    Answer(String),
    /// It refused: its own word for it (RFC 6749 §4.1.2.1, §5.2).
    #[error("the provider refused: {0}")]
    Refused(String),
    /// What came back belongs to no log-in that this browser began, or is no answer at all.
    #[error("what came back does not belong to the log-in that was begun")]
    Foreign,
    /// Its ID token does not hold.
    #[error("the provider's ID token does not hold: {0}")]
    Token(#[from] token::Fault),
}

/// A log-in under way: what the caller seals and keeps with the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    at: Timestamp,
    anew: bool,
}

impl Begun {
    /// As a text, to be sealed.
    pub fn text(&self) -> String {
        let Begun { state, nonce, verifier, at, anew } = self;
        format!("{state}.{nonce}.{verifier}.{}.{}", at.millis(), u8::from(*anew))
    }

    /// Reads [`Begun::text`].
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let [state, nonce, verifier, at, anew] = parts.try_into().ok()?;
        let random = |part: &str| {
            let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
            (bytes.len() == 32).then(|| part.to_owned())
        };
        let at = Timestamp::from_millis(at.parse().ok()?);
        let anew = ["0", "1"].iter().position(|word| *word == anew)? == 1;
        let begun = Begun { state: random(state)?, nonce: random(nonce)?, verifier: random(verifier)?, at, anew };
        (begun.text() == text).then_some(begun)
    }

    /// Whether the person was asked to prove herself once more: then an identity says that she did.
    pub fn is_anew(&self) -> bool {
        self.anew
    }

    /// When it began.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// What the browser brings back from the provider: fields of the query.
#[derive(Debug, Clone, Default)]
pub struct Back {
    /// `state`.
    pub state: Option<String>,
    /// `code`.
    pub code: Option<String>,
    /// `iss` (RFC 9207).
    pub iss: Option<String>,
    /// `error`.
    pub error: Option<String>,
}

/// Who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who says so.
    pub issuer: String,
    /// Whom that one knows by this name; it never changes there, and tells nothing elsewhere.
    pub subject: String,
    /// SHA-256 of the nonce: who keeps it lets no token open twice.
    pub proof: [u8; 32],
}

/// A provider, and what is known of it.
pub struct Provider {
    settings: Settings,
    /// Whether plain HTTP is taken: on loopback.
    plain: bool,
    link: Link,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    document: Option<(Timestamp, Arc<Document>)>,
    keys: Option<(Timestamp, Arc<Keys>)>,
}

impl Provider {
    /// As the settings say. Nothing is asked for yet: a provider that is away does not keep the platform from starting.
    pub fn new(settings: Settings) -> Result<Self, OidcError> {
        let wrong = |why: &str| OidcError::Settings(why.to_owned());
        let issuer = Url::parse(&settings.issuer).map_err(|e| wrong(&format!("oidc.issuer: {e}")))?;
        let plain = issuer.scheme() == "http" && document::is_loopback(&issuer);
        if issuer.query().is_some() || document::endpoint(&settings.issuer, plain).is_none() {
            return Err(wrong(
                "oidc.issuer is https://HOST, or http:// on loopback, as the provider's document says it",
            ));
        }
        if settings.client_id.is_empty() || Url::parse(&settings.redirect).is_err() {
            return Err(wrong("oidc.client_id is the name that the provider knows the platform by"));
        }
        let link = Link::new(settings.trust.as_deref())?;
        Ok(Provider { settings, plain, link, known: Mutex::default() })
    }

    /// The address that the browser is sent to, and what to keep meanwhile. `anew`: the person is asked to prove herself
    /// once more, though the provider knows her.
    pub fn begin(&self, anew: bool, now: Timestamp, chance: &dyn Chance) -> Result<(String, Begun), OidcError> {
        let random = || BASE64URL_NOPAD.encode(&chance::bytes::<32>(chance));
        let begun = Begun { state: random(), nonce: random(), verifier: random(), at: now, anew };
        let document = self.document(now)?;
        let mut address = document.authorization.clone();
        let challenge = BASE64URL_NOPAD.encode(sha256(begun.verifier.as_bytes()).as_slice());
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("scope", "openid")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.settings.redirect)
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if anew {
            // `prompt` has her asked, `max_age` has the answer say when (Core §2); some never end with a `max_age` of 0
            address.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "60");
        }
        Ok((address.into(), begun))
    }

    /// Who it is, by what the browser brought back.
    pub fn finish(&self, begun: &Begun, back: &Back, now: Timestamp) -> Result<Identity, OidcError> {
        let document = self.document(now)?;
        let code = self.own(begun, back, &document)?;
        let text = self.exchange(&document, &code, begun)?;
        let expected = token::Expected {
            issuer: &self.settings.issuer,
            client: &self.settings.client_id,
            nonce: &begun.nonce,
            anew: begun.anew.then_some(begun.at),
            now,
        };
        let mut keys = self.keys(&document, KEPT, now)?;
        if matches!(token::verify(&text, &keys, &expected), Err(token::Fault::Key)) {
            // the provider may have changed its keys since
            keys = self.keys(&document, AGAIN, now)?;
        }
        let subject = token::verify(&text, &keys, &expected)?;
        Ok(Identity { issuer: self.settings.issuer.clone(), subject, proof: sha256(begun.nonce.as_bytes()) })
    }

    /// The code, if the answer is one to what was begun, and of this provider.
    fn own(&self, begun: &Begun, back: &Back, document: &Document) -> Result<String, OidcError> {
        let state = back.state.as_deref().unwrap_or_default();
        if constant_time::verify_slices_are_equal(state.as_bytes(), begun.state.as_bytes()).is_err() {
            return Err(OidcError::Foreign);
        }
        if let Some(error) = &back.error {
            return Err(OidcError::Refused(link::word(error)));
        }
        match back.iss.as_deref() {
            Some(iss) if iss == self.settings.issuer => {}
            None if !document.names_itself => {}
            _ => return Err(OidcError::Foreign),
        }
        let code = back.code.as_deref().filter(|code| !code.is_empty() && code.len() <= BACK_MAX);
        code.map(str::to_owned).ok_or(OidcError::Foreign)
    }

    /// The ID token for a code (Core §3.1.3).
    fn exchange(&self, document: &Document, code: &str, begun: &Begun) -> Result<String, OidcError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.settings.redirect)
            .append_pair("code_verifier", &begun.verifier);
        let mut credentials = None;
        match &self.settings.client_secret {
            Some(secret) if document.basic => credentials = Some(link::basic(&self.settings.client_id, secret)),
            Some(secret) => {
                form.append_pair("client_id", &self.settings.client_id).append_pair("client_secret", secret);
            }
            None => _ = form.append_pair("client_id", &self.settings.client_id),
        }
        document::id_token(&self.link.post(&document.token, credentials, form.finish())?)
    }

    fn document(&self, now: Timestamp) -> Result<Arc<Document>, OidcError> {
        if let Some((at, document)) = &self.known().document
            && fresh(*at, KEPT, now)
        {
            return Ok(document.clone());
        }
        let address = format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
        let address = document::endpoint(&address, self.plain).ok_or(OidcError::Foreign)?;
        let document = Document::parse(&self.link.get(&address)?, &self.settings.issuer, self.plain)?;
        let document = Arc::new(document);
        self.known().document = Some((now, document.clone()));
        Ok(document)
    }

    /// Keys that were asked for at most `within` ago.
    fn keys(&self, document: &Document, within: Duration, now: Timestamp) -> Result<Arc<Keys>, OidcError> {
        if let Some((at, keys)) = &self.known().keys
            && fresh(*at, within, now)
        {
            return Ok(keys.clone());
        }
        let keys = Arc::new(Keys::parse(&self.link.get(&document.keys)?)?);
        self.known().keys = Some((now, keys.clone()));
        Ok(keys)
    }

    /// Never held while the provider is asked.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what was asked for at `at` still counts. A clock that went back makes nothing last longer.
fn fresh(at: Timestamp, within: Duration, now: Timestamp) -> bool {
    at <= now && now.since(at) < within
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            issuer: "https://id.example.com".into(),
            client_id: "tegata".into(),
            client_secret: Some("hidden".into()),
            redirect: "https://tegata.example.com/login/provider/back".into(),
            trust: None,
        }
    }

    #[test]
    fn settings_that_cannot_be_used_say_so() {
        assert!(Provider::new(settings()).is_ok());
        let issuers = [
            "id.example.com",
            "http://id.example.com",
            "ftp://id.example.com",
            "https://id.example.com?a=b",
            "https://user@id.example.com",
            "https://id.example.com/#a",
            "",
        ];
        for issuer in issuers {
            let refused = Provider::new(Settings { issuer: issuer.into(), ..settings() });
            assert!(matches!(refused, Err(OidcError::Settings(_))), "{issuer}");
        }
        for issuer in ["http://localhost:5000", "http://127.0.0.1:5000/realm", "http://[::1]:5000"] {
            assert!(Provider::new(Settings { issuer: issuer.into(), ..settings() }).is_ok(), "{issuer}");
        }
        assert!(Provider::new(Settings { client_id: String::new(), ..settings() }).is_err());
        assert!(Provider::new(Settings { trust: Some(b"no PEM".to_vec()), ..settings() }).is_err());
        assert!(!format!("{:?}", settings()).contains("hidden"));
    }

    #[test]
    fn what_was_begun_is_written_and_read() {
        let random = |byte: u8| BASE64URL_NOPAD.encode(&[byte; 32]);
        let at = Timestamp::from_millis(1_790_000_000_123);
        let begun = Begun { state: random(1), nonce: random(2), verifier: random(3), at, anew: true };
        assert_eq!(Begun::parse(&begun.text()), Some(begun.clone()));
        let text = begun.text();
        for bad in ["", "....", &text[1..], &text[..text.len() - 1], &format!("{text}.1"), &format!("{text} ")] {
            assert_eq!(Begun::parse(bad), None, "{bad}");
        }
    }
}
