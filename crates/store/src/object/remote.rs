//! Objects in an object store that speaks S3.
//!
//! Invariant: nothing is written before the store is known to be that of this platform ([`Remote::expect`]), and what
//! the store answers reaches no error text, since it may repeat what identifies us.

use super::connect::Http;
use super::{Entry, Object, Pieces, S3};
use crate::Error;
use crate::error::ErrorKind;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, GetOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tegata_domain::time::Timestamp;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// No object that is read whole is longer: 256 leaves of 64 kB.
const SMALL: u64 = 32 << 20;
/// So many small objects are written at once.
const TOGETHER: usize = 16;
/// How long readers may wait for the first byte.
const READ: Duration = Duration::from_secs(10);
/// For so long after a failure nothing is read: who waits for a store that is away holds a place.
const PAUSE: Duration = Duration::from_secs(1);
/// Name of the object that says whose all the others are.
pub(super) const OWNER: &str = "platform";

/// A bucket, or what begins with a prefix in it.
pub(super) struct Remote {
    pub(super) store: AmazonS3,
    prefix: String,
    /// As a person would write it.
    url: String,
    /// Whose it must be before anything is written.
    owner: OnceLock<String>,
    checked: OnceCell<()>,
    state: Mutex<State>,
    failed: AtomicU64,
}

#[derive(Default)]
struct State {
    /// What it failed with last, until something succeeds.
    trouble: Option<String>,
    /// Until then nothing is read.
    until: Option<Instant>,
}

impl Remote {
    pub(super) fn new(settings: &S3) -> Result<Self, Error> {
        let url = settings.url();
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(2),
                base: 2.0,
            },
            max_retries: settings.retries as usize,
            retry_timeout: settings.timeout * (settings.retries + 1),
        };
        let (access, secret, session) = settings.credentials.clone();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(access)
            .with_secret_access_key(secret)
            .with_virtual_hosted_style_request(!settings.path_style)
            .with_retry(retry)
            .with_http_connector(Http::new(settings)?);
        if let Some(session) = session {
            builder = builder.with_token(session);
        }
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(address(endpoint, settings));
        }
        let store = builder.build().map_err(|e| Error::new(ErrorKind::Broken, format!("{url}: {e}")))?;
        Ok(Remote {
            store,
            prefix: settings.prefix.clone(),
            url,
            owner: OnceLock::new(),
            checked: OnceCell::new(),
            state: Mutex::default(),
            failed: AtomicU64::new(0),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whose all objects must be before anything is written.
    pub(super) fn expect(&self, owner: String) {
        let _the_same = self.owner.set(owner);
    }

    /// Holds the store against whose it must be, once.
    pub(super) async fn ready(&self) -> Result<(), Error> {
        let check = async || match (self.owner.get(), self.owner().await?) {
            (Some(owner), Some(found)) if *owner == found => Ok(()),
            _ => Err(Error::new(ErrorKind::Broken, format!("{} is not the object store of this platform", self.url))),
        };
        self.checked.get_or_try_init(check).await.map(drop)
    }

    /// Whose it says it is.
    pub(super) async fn owner(&self) -> Result<Option<String>, Error> {
        let text = self.whole(OWNER).await?;
        Ok(text.map(|text| String::from_utf8_lossy(&text).trim().to_owned()))
    }

    pub(super) fn path(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it failed with last, if nothing succeeded since.
    pub(super) fn trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    pub(super) fn failures(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// Notes how it went; the error says what was tried, and no more of the answer than its code.
    pub(super) fn told<T>(&self, doing: &str, result: object_store::Result<T>) -> Result<T, Error> {
        let error = match result {
            Ok(value) => {
                self.state().trouble = None;
                return Ok(value);
            }
            Err(error) => error,
        };
        let (kind, why) = judged(&error);
        self.failed.fetch_add(1, Relaxed);
        let text = format!("{}: {doing}: {why}", self.url);
        let mut state = self.state();
        state.trouble = Some(text.clone());
        state.until = Some(Instant::now() + PAUSE);
        drop(state);
        tracing::warn!(what = text, "object store");
        Err(Error::new(kind, text))
    }

    fn late(&self, doing: &str) -> Error {
        let source = Box::new(std::io::Error::from(std::io::ErrorKind::TimedOut));
        let late = Err::<(), _>(object_store::Error::Generic { store: "S3", source });
        let unreachable = || Error::new(ErrorKind::Unreachable, self.url.clone());
        self.told(doing, late).err().unwrap_or_else(unreachable)
    }

    /// Refuses at once just after a failure.
    fn open(&self) -> Result<(), Error> {
        let state = self.state();
        match (state.until, &state.trouble) {
            (Some(until), Some(trouble)) if Instant::now() < until => {
                Err(Error::new(ErrorKind::Unreachable, trouble.clone()))
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn read(&self, name: &str) -> Result<Option<Bytes>, Error> {
        self.open()?;
        self.whole(name).await
    }

    /// One whole, however it went before.
    pub(super) async fn whole(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let path = self.path(name);
        let read = async {
            let found = self.store.get(&path).await?;
            if found.meta.size > SMALL {
                return Err(object_store::Error::Generic { store: "S3", source: "it is too long".into() });
            }
            found.bytes().await
        };
        match tokio::time::timeout(READ, read).await {
            Err(_) => Err(self.late("reading")),
            Ok(Err(error)) if is_missing(&error) => Ok(None),
            Ok(result) => self.told("reading", result).map(Some),
        }
    }

    /// Bytes from the first of `range` on, so many as its second says; all without one.
    pub(super) async fn part(self: &Arc<Self>, name: &str, range: Option<(u64, u64)>) -> Result<Option<Pieces>, Error> {
        self.open()?;
        let path = self.path(name);
        let range = range.map(|(first, length)| (first..first + length).into());
        let options = GetOptions { range, ..GetOptions::default() };
        let found = match tokio::time::timeout(READ, self.store.get_opts(&path, options)).await {
            Err(_) => return Err(self.late("reading")),
            Ok(Err(error)) if is_missing(&error) => return Ok(None),
            Ok(result) => self.told("reading", result)?,
        };
        let us = Arc::clone(self);
        Ok(Some(found.into_stream().map(move |piece| us.told("reading", piece)).boxed()))
    }

    pub(super) async fn put(&self, name: &str, content: impl Into<PutPayload>) -> Result<(), Error> {
        self.ready().await?;
        self.told("writing", self.store.put(&self.path(name), content.into()).await).map(drop)
    }

    pub(super) async fn put_all(&self, kind: &str, group: Vec<Object>) -> Result<(), Error> {
        self.ready().await?;
        let puts = group.into_iter().map(|(name, bytes)| async move {
            let content = Bytes::from_owner(Shared(bytes));
            self.put(&format!("{kind}/{name}"), content).await
        });
        stream::iter(puts).buffer_unordered(TOGETHER).try_for_each(|()| async { Ok(()) }).await
    }

    pub(super) async fn list(&self, kind: &str) -> Result<Vec<Entry>, Error> {
        let below = self.path(kind);
        let found = self.store.list(Some(&below)).try_collect::<Vec<_>>().await;
        let entry = |found: object_store::ObjectMeta| {
            let name = found.location.prefix_match(&below)?.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>();
            let changed = Timestamp::from_millis(found.last_modified.timestamp_millis());
            Some(Entry { name: name.join("/"), size: found.size, changed })
        };
        Ok(self.told("listing", found)?.into_iter().filter_map(entry).collect())
    }

    pub(super) async fn remove(&self, name: &str) -> Result<(), Error> {
        self.ready().await?;
        match self.store.delete(&self.path(name)).await {
            Err(error) if is_missing(&error) => Ok(()),
            result => self.told("removing", result),
        }
    }
}

/// The bucket stands in the host name unless it stands in the path; `object_store` wants it in the address then.
fn address(endpoint: &str, settings: &S3) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    match endpoint.split_once("://") {
        Some((scheme, host)) if !settings.path_style => format!("{scheme}://{}.{host}", settings.bucket),
        _ => endpoint.to_owned(),
    }
}

struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The code in an answer of S3, as `NoSuchBucket`.
fn code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(code)
}

/// The object is not there, but the bucket is.
fn is_missing(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotFound { .. }) && code(&error.to_string()) != Some("NoSuchBucket")
}

/// What an error means for us, and in which words.
fn judged(error: &object_store::Error) -> (ErrorKind, String) {
    use object_store::Error as E;
    let text = error.to_string();
    let code = code(&text).map(|code| format!(" ({code})")).unwrap_or_default();
    match error {
        E::NotFound { .. } => (ErrorKind::Unreachable, format!("the bucket is not there{code}")),
        E::Unauthenticated { .. } | E::PermissionDenied { .. } => (
            ErrorKind::Forbidden,
            format!("it refuses our credentials{code}; check access key, secret key and what they may do there"),
        ),
        _ if !code.is_empty() => (ErrorKind::Unreachable, format!("it answered{code}")),
        _ => (ErrorKind::Unreachable, format!("it does not answer: {}", cause(error))),
    }
}

/// The innermost cause, which no server wrote.
fn cause(error: &object_store::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let text = cause.to_string();
    text.split('<').next().unwrap_or_default().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_found(body: &str) -> object_store::Error {
        object_store::Error::NotFound { path: "x".into(), source: body.to_owned().into() }
    }

    #[test]
    fn a_missing_bucket_is_no_missing_object() {
        assert!(is_missing(&not_found("404: <Error><Code>NoSuchKey</Code></Error>")));
        let away = not_found("404: <Error><Code>NoSuchBucket</Code></Error>");
        assert!(!is_missing(&away));
        assert_eq!(judged(&away).0, ErrorKind::Unreachable);
    }

    #[test]
    fn what_identifies_us_reaches_no_text() {
        let body = "403: <Error><Code>InvalidAccessKeyId</Code><AWSAccessKeyId>AKIASECRET</AWSAccessKeyId></Error>";
        let denied = object_store::Error::PermissionDenied { path: "x".into(), source: body.into() };
        let (kind, text) = judged(&denied);
        assert_eq!(kind, ErrorKind::Forbidden);
        assert!(text.contains("InvalidAccessKeyId") && !text.contains("AKIASECRET"), "{text}");
        let odd = object_store::Error::Generic { store: "S3", source: "502: <html>AKIASECRET</html>".into() };
        assert!(!judged(&odd).1.contains("AKIASECRET"));
    }
}
