//! Mail (RFC 5322): over SMTP (RFC 5321) with TLS, or as files in an outbox folder that somebody else carries on.

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, SmtpTransport, Transport};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// How long a mail server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Mail server, as `smtps://mail.example.com` or `smtp://mail.example.com:587` (STARTTLS is demanded there but on
    /// loopback). `None`: the outbox folder.
    pub server: Option<String>,
    /// User name at the server.
    pub user: Option<String>,
    /// Password at the server.
    pub password: Option<String>,
    /// Certificates that the server's is checked against beside the system's, PEM.
    pub trust: Option<Vec<u8>>,
    /// From whom mail comes.
    pub from: String,
}

impl Default for Settings {
    /// The outbox folder.
    fn default() -> Self {
        Settings { server: None, user: None, password: None, trust: None, from: FROM.to_owned() }
    }
}

/// From whom mail comes when nothing was said.
pub const FROM: &str = "Tegata <tegata@localhost.localdomain>";

/// A letter on its way.
#[derive(Debug, Clone)]
pub struct Mail<'a> {
    /// A name of its own, which stays the same when it is sent again.
    pub id: &'a str,
    /// To whom.
    pub to: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
}

/// Mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings cannot be used.
    #[error("settings: {0}")]
    Settings(String),
    /// An address cannot be used.
    #[error("mail address: {0}")]
    Address(String),
    /// The outbox folder cannot be written.
    #[error("outbox {path}: {source}")]
    Outbox {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The mail server did not take it.
    #[error("mail server: {0}")]
    Server(String),
}

enum Way {
    Outbox(PathBuf),
    Smtp(Box<SmtpTransport>),
}

/// Sends mail.
pub struct Postman {
    way: Way,
    from: Mailbox,
}

fn settings(error: impl std::fmt::Display) -> MailError {
    MailError::Settings(error.to_string())
}

impl Postman {
    /// As the settings say; `outbox` is made when it is needed.
    pub fn new(from_settings: &Settings, outbox: PathBuf) -> Result<Self, MailError> {
        let from = from_settings.from.parse().map_err(|e| settings(format!("mail.from: {e}")))?;
        let way = match &from_settings.server {
            None => Way::Outbox(outbox),
            Some(url) => Way::Smtp(Box::new(transport(url, from_settings)?)),
        };
        Ok(Postman { way, from })
    }

    /// Sends one letter. In the outbox, a letter of the same id takes the place of the one before.
    pub fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let to: Address =
            mail.to.parse().map_err(|_| MailError::Address("it has no form that mail servers know".into()))?;
        let host = self.from.email.domain().to_owned();
        let message = Message::builder()
            .message_id(Some(format!("<{}@{host}>", mail.id)))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.to_owned())
            .map_err(|e| MailError::Address(e.to_string()))?;
        match &self.way {
            Way::Outbox(folder) => put(folder, mail.id, &message.formatted()),
            // what the server says may hold the address: its class is enough for the log
            Way::Smtp(transport) => transport.send(&message).map(drop).map_err(|e| MailError::Server(class(&e))),
        }
    }
}

impl Postman {
    /// Takes letters back that nobody carried on yet; what went over SMTP is gone.
    pub fn withdraw(&self, id: &str) -> Result<(), MailError> {
        let Way::Outbox(folder) = &self.way else { return Ok(()) };
        let path = folder.join(format!("{id}.eml"));
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(MailError::Outbox { path: path.display().to_string(), source })
            }
            _ => Ok(()),
        }
    }
}

/// What went wrong, without what the server said: that may hold the address.
fn class(error: &lettre::transport::smtp::Error) -> String {
    use std::error::Error;
    match error.status() {
        Some(code) => format!("it answered {code}"),
        None if error.is_timeout() => "it did not answer in time".to_owned(),
        None => match error.source() {
            Some(cause) => format!("it could not be reached, or its certificate was not accepted: {cause}"),
            None => "it could not be reached, or broke off".to_owned(),
        },
    }
}

fn transport(url: &str, from: &Settings) -> Result<SmtpTransport, MailError> {
    let (scheme, rest) =
        url.split_once("://").ok_or_else(|| settings("mail.server is smtps://HOST or smtp://HOST:587"))?;
    let (host, port) = match rest.trim_end_matches('/').rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| settings("the port of mail.server"))?)),
        None => (rest.trim_end_matches('/'), None),
    };
    let mut tls = TlsParameters::builder(host.to_owned());
    if let Some(pem) = &from.trust {
        for certificate in Certificate::from_pem(pem).into_iter() {
            tls = tls.add_root_certificate(certificate);
        }
    }
    let tls = tls.build().map_err(settings)?;
    let local = matches!(host, "localhost" | "127.0.0.1");
    let (tls, usual) = match scheme {
        "smtps" => (Tls::Wrapper(tls), 465),
        "smtp" if local => (Tls::Opportunistic(tls), 25),
        "smtp" => (Tls::Required(tls), 587),
        _ => return Err(settings("mail.server begins with smtps:// or smtp://")),
    };
    let mut made = SmtpTransport::builder_dangerous(host).port(port.unwrap_or(usual)).tls(tls).timeout(Some(PATIENCE));
    if let (Some(user), Some(password)) = (&from.user, &from.password) {
        made = made.credentials(Credentials::new(user.clone(), password.clone()));
    }
    Ok(made.build())
}

/// Writes a letter so that whoever carries the outbox on never sees half of it.
fn put(folder: &std::path::Path, id: &str, bytes: &[u8]) -> Result<(), MailError> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let path = folder.join(format!("{id}.eml"));
    let part = folder.join(format!(".{id}.part"));
    let written = (|| {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        fs::File::open(folder)?.sync_all()
    })();
    written.map_err(|source| MailError::Outbox { path: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(folder: &tempfile::TempDir) -> Postman {
        let from = Settings { from: "Tegata <tegata@example.com>".into(), ..Settings::default() };
        Postman::new(&from, folder.path().join("outbox")).unwrap()
    }

    #[test]
    fn outbox_holds_whole_letters_for_nobody_else() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mail =
            Mail { id: "one", to: "owner@example.jp", subject: "回収のお知らせ", text: "読みました\n" };
        outbox(&folder).send(&mail).unwrap();
        outbox(&folder).send(&mail).unwrap();
        let all: Vec<_> = fs::read_dir(folder.path().join("outbox")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(all.len(), 1, "{all:?}");
        let text = fs::read_to_string(&all[0]).unwrap();
        assert!(text.contains("To: owner@example.jp") && text.contains("Message-ID: <one@example.com>"), "{text}");
        assert!(text.is_ascii(), "words beyond ASCII are encoded (RFC 2047)");
        assert_eq!(fs::metadata(&all[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn addresses_cannot_carry_headers() {
        let folder = tempfile::tempdir().unwrap();
        for to in ["a@example.com\r\nBcc: b@example.com", "no address", ""] {
            let mail = Mail { id: "x", to, subject: "s", text: "t" };
            assert!(matches!(outbox(&folder).send(&mail), Err(MailError::Address(_))), "{to:?}");
        }
        let mail = Mail { id: "x", to: "a@example.com", subject: "s\r\nBcc: b@example.com", text: "t" };
        outbox(&folder).send(&mail).unwrap();
        let text = fs::read_to_string(folder.path().join("outbox/x.eml")).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
    }

    #[test]
    fn settings_that_cannot_be_used_say_so() {
        let with = |server: &str| Settings { server: Some(server.into()), from: "a@b.c".into(), ..Settings::default() };
        for bad in ["mail.example.com", "http://mail.example.com", "smtp://mail.example.com:port"] {
            assert!(matches!(Postman::new(&with(bad), "x".into()), Err(MailError::Settings(_))), "{bad}");
        }
        assert!(Postman::new(&with("smtps://mail.example.com"), "x".into()).is_ok());
    }
}
