//! Publishes a release: the file streams to the disk of this machine and from there to its place, its manifest is checked against the maker's signature, and what was
//! published is a public fact.

use super::{Published, checked};
use crate::cx::{Cx, Inner};
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::Fact;
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::id::{ReleaseRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::product::Product;
use tegata_domain::release::{NewRelease, Publication, Release, ReleaseError};
use tegata_domain::time::Timestamp;
use tegata_fault::Point;
use tegata_keys::digest::Digests;
use tegata_keys::statement;
use tegata_store::Row;
use tegata_store::object::Draft;
use tegata_wire::release::Manifest;

/// How often a release is decided on again when its product's keys or releases changed meanwhile.
const TRIES: usize = 5;
/// The longest signature.
const SIGNATURE_MAX: usize = 1024;
/// So much is gathered before it is written and digested, away from the threads that serve.
const CHUNK: usize = 512 * 1024;

/// A file on its way in. Dropped before it is published, it leaves nothing.
pub struct Upload {
    /// Away while it is written.
    sink: Option<(Draft, Digests)>,
    waiting: Vec<u8>,
    size: u64,
    max: u64,
}

/// Begins a file, for who may publish releases.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "release::upload", skip_all)]
pub async fn upload(actor: &Actor, cx: &Cx) -> Result<Upload> {
    let maker = crate::organisation::own(actor, cx).await?;
    actor.permit(Operation::PublishRelease, Subject::of(maker.row))?;
    let draft = cx.releases.files.begin(&cx.uid(cx.now()?).to_string())?;
    let sink = Some((draft, Digests::default()));
    Ok(Upload { sink, waiting: Vec::with_capacity(CHUNK), size: 0, max: cx.settings.file_max })
}

impl Upload {
    /// Takes the next bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        if self.size > self.max {
            let text = format!("a file has at most {} bytes; your administrator may raise release.file_max", self.max);
            return Err(Error::invalid("file_too_large", text));
        }
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        let Some((mut draft, mut digests)) = self.sink.take() else { return Err(Error::internal("no file")) };
        let mut bytes = std::mem::take(&mut self.waiting);
        let write = move || {
            digests.update(&bytes);
            let written = draft.write(&bytes);
            bytes.clear();
            written.map(|()| (draft, digests, bytes))
        };
        let (draft, digests, empty) = tokio::task::spawn_blocking(write).await.map_err(Error::internal)??;
        (self.sink, self.waiting) = (Some((draft, digests)), empty);
        Ok(())
    }
}

/// What is published: of which product, as what, under which signature.
pub type Asked = (Uuid, NewRelease, Vec<u8>);

/// Publishes what was uploaded as a release of a product. The same version with the same content again answers what is
/// there.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "release::publish", skip_all)]
pub async fn publish(upload: Upload, (product, new, signature): Asked, actor: &Actor, cx: &Inner) -> Result<Published> {
    let product = crate::product::by_uid(product, actor, cx).await?;
    let operation = if new.allow_older { Operation::PublishOlderRelease } else { Operation::PublishRelease };
    let permit = actor.permit(operation, Subject::of(product.organisation))?;
    new.check().map_err(|e| Error::invalid("release", e))?;
    let (draft, release) = describe(upload, &product, new.clone(), cx).await?;
    let mut draft = Some(draft);
    for _ in 0..TRIES {
        let asked = (&new, signature.clone(), &product);
        let (release, writes) = match decide(release.clone(), asked, &permit, cx).await? {
            Decided::Known(known) => return Ok(Published { release: Arc::new(known), product: product.uid }),
            Decided::New(release, writes) => (release, writes),
        };
        // the file is durable before anything names it; the time until then is why all is decided on again
        if let Some(draft) = draft.take() {
            cx.releases.files.keep(draft, &checked::name(&release)).await?;
            tegata_fault::at(Point::DraftKept);
        }
        let change = Change::of(release.uid.to_string(), writes);
        match cx.store.save(change, &permit, release.created_at).await.map_err(Error::from) {
            Err(e) if e.code == "stale" || e.code == "exists" => {}
            Err(e) => return Err(e),
            Ok(()) => return Ok(Published { release: Arc::new(release), product: product.uid }),
        }
    }
    Err(Error::conflict("stale", "keys or releases of this product change too fast; try again"))
}

/// What comes of a release, as product, keys and other releases stand now.
enum Decided {
    /// It is there already.
    Known(Release),
    /// It is entered by these writes.
    New(Release, Vec<Write>),
}

async fn decide(
    release: Release,
    (new, signature, product): (&NewRelease, Vec<u8>, &Product),
    permit: &Permit,
    cx: &Inner,
) -> Result<Decided> {
    let release = sign(release, (new.key, signature), product, permit, cx).await?;
    if let Some(known) = known(&release, cx).await? {
        return Ok(Decided::Known(known));
    }
    let published = cx.store.release().security_version(product.row).await?;
    let mut writes = Vec::new();
    if let Some(error) = new.older_than(published) {
        let finding = older_finding(&release, &error, new.allow_older, cx);
        if !new.allow_older {
            cx.store.save(Change::of("", vec![finding]), permit, release.created_at).await?;
            return Err(Error::conflict("older_release", error));
        }
        writes.push(finding);
    }
    let highest = published.unwrap_or_default().max(release.security_version);
    // first the guard: what is refused there writes nothing
    writes.insert(0, Write::Release(Box::new(Publication { release: release.clone(), highest })));
    writes.push(Write::Fact(Fact::release_published(&release, product.uid)));
    Ok(Decided::New(release, writes))
}

/// The release of the uploaded file, not signed yet.
async fn describe(mut upload: Upload, product: &Product, new: NewRelease, cx: &Inner) -> Result<(Draft, Release)> {
    if upload.size == 0 {
        return Err(Error::invalid("release", ReleaseError::Empty));
    }
    upload.flush().await?;
    let (draft, digests) = upload.sink.take().ok_or_else(|| Error::internal("no file"))?;
    let (sha256, sha1, md5) = digests.finish();
    let now = cx.now()?;
    let release = Release {
        row: ReleaseRow(cx.store.reserve(Row::Release, 1).await?),
        uid: cx.uid(now),
        product: product.row,
        organisation: product.organisation,
        version: new.version,
        security_version: new.security_version,
        remedy: new.remedy,
        file_name: new.file_name,
        size: upload.size,
        sha256,
        sha1,
        md5,
        signature: Vec::new(),
        key: None,
        created_at: now,
    };
    Ok((draft, release))
}

/// With its signature, which fits one of the product's live keys where it has any.
async fn sign(
    mut release: Release,
    (key, signature): (Option<Uuid>, Vec<u8>),
    product: &Product,
    permit: &Permit,
    cx: &Inner,
) -> Result<Release> {
    if signature.len() > SIGNATURE_MAX {
        return Err(Error::invalid("signature", format!("a signature has at most {SIGNATURE_MAX} bytes")));
    }
    let keys = cx.store.release().keys(product.row, 0, u32::MAX).await?;
    let live: Vec<_> = keys.into_iter().filter(|key| key.ended_at.is_none()).collect();
    let message = manifest(&release, product.uid).text();
    let meant = |uid: Uuid| key.is_none_or(|key| key == uid);
    let fits = |spki: &[u8]| statement::verify(spki, message.as_bytes(), &signature).is_ok();
    let fitting = live.iter().find(|key| meant(key.uid) && fits(&key.spki)).map(|key| key.uid);
    if fitting.is_none() && !live.is_empty() {
        let data = serde_json::json!({
            "product": product.uid.to_string(), "version": release.version,
            "sha256": data_encoding::HEXLOWER.encode(&release.sha256), "keys": live.len(),
        });
        let finding = finding(FindingKind::BadReleaseSignature, &release, data, cx);
        cx.store.save(Change::of("", vec![finding]), permit, release.created_at).await?;
        let text = format!(
            "the signature fits none of the product's {} release keys; it is made over this manifest, to the last line \
             feed: {message:?}",
            live.len()
        );
        return Err(Error::invalid("signature", text));
    }
    (release.signature, release.key) = (signature, fitting);
    Ok(release)
}

/// What the maker signs of a release.
pub(super) fn manifest(release: &Release, product: Uuid) -> Manifest {
    Manifest {
        product: product.to_string(),
        version: release.version.clone(),
        security_version: release.security_version,
        remedy: release.remedy,
        size: release.size,
        sha256: release.sha256,
    }
}

/// The same release, if it is there already; another one of this version is in the way.
async fn known(release: &Release, cx: &Inner) -> Result<Option<Release>> {
    let known = cx.store.release().by_version(release.product, &release.version).await?;
    let content = |r: &Release| (r.sha256, r.security_version, r.remedy);
    match known {
        Some(known) if content(&known) != content(release) => {
            let text = format!("version {} was published with another content; give a new version", known.version);
            Err(Error::conflict("exists", text))
        }
        known => Ok(known),
    }
}

fn finding(kind: FindingKind, release: &Release, data: serde_json::Value, cx: &Inner) -> Write {
    let at: Timestamp = release.created_at;
    Write::Finding(Finding {
        uid: cx.uid(at),
        organisation: release.organisation,
        device: None,
        batch: None,
        kind: kind.name().to_owned(),
        level: kind.level(),
        at,
        data,
        closed: None,
    })
}

fn older_finding(release: &Release, error: &ReleaseError, allowed: bool, cx: &Inner) -> Write {
    let data = serde_json::json!({
        "release": release.uid.to_string(), "version": release.version, "security_version": release.security_version,
        "problem": error.to_string(), "published": allowed,
    });
    finding(FindingKind::OlderRelease, release, data, cx)
}
