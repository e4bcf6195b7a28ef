//! Receipts: somebody says to have read a notice, by their token or by the link in the letter.
//!
//! Opening the link is no receipt, since mail programs open links by themselves: a person presses a button.

use super::read::{Seen, see};
use super::{CODE, LINK, letter};
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_document::letter::{Language, Letter};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{NoticeRow, Uuid};
use tegata_domain::notice::Notice;
use tegata_domain::permit::{Actor, Operation, Subject};

/// The code in the link of a notice: its id and a part that nobody can make up.
pub(super) fn code(notice: Uuid, cx: &Inner) -> String {
    let tag = cx.seal.mac(LINK, notice.as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&[notice.as_bytes().as_slice(), &tag[..CODE]].concat())
}

async fn linked(typed: &str, cx: &Inner) -> Result<(NoticeRow, Notice)> {
    let not_found = || Error::not_found("notice");
    let bytes = data_encoding::BASE64URL_NOPAD.decode(typed.as_bytes()).map_err(|_| not_found())?;
    let (uid, tag) = bytes.split_at_checked(16).ok_or_else(not_found)?;
    let uid = Uuid::from_slice(uid).map_err(|_| not_found())?;
    let right = cx.seal.mac(LINK, uid.as_bytes());
    if !tegata_keys::digest::same(tag, &right[..CODE]) {
        return Err(not_found());
    }
    cx.store.notice().by_uid(uid).await?.ok_or_else(not_found)
}

/// A notice behind its link.
pub struct Linked {
    /// The notice.
    pub notice: Notice,
    /// It in words.
    pub letter: Letter,
    /// Number of the device.
    pub number: Option<tegata_domain::number::Number>,
    /// Address of the device's page.
    pub page: Option<String>,
}

/// What the link of a letter shows.
pub async fn show_linked(typed: &str, language: Language, cx: &Inner) -> Result<Linked> {
    let (_, notice) = linked(typed, cx).await?;
    let (letter, page) = letter(&notice, language, cx).await?;
    let number = notice.device.and_then(|device| cx.numbers.number(device.0));
    Ok(Linked { notice, letter, number, page })
}

/// Whoever holds the link has read the notice. A second time changes nothing.
pub async fn receive_linked(typed: &str, cx: &Inner) -> Result<()> {
    let (row, notice) = linked(typed, cx).await?;
    let permit = Actor::Platform.permit(Operation::Publish, Subject::default())?;
    enter(row, &notice, &permit, cx).await
}

/// A member of the organisation has read the notice. A second time changes nothing.
pub async fn receive(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Seen> {
    let not_found = || Error::not_found("notice");
    let (row, notice) = cx.store.notice().by_uid(uid).await?.ok_or_else(not_found)?;
    let subject = Subject::of(notice.organisation);
    let permit = actor.permit(Operation::ReceiveNotice, subject).map_err(|e| crate::device::hide(e, "notice"))?;
    enter(row, &notice, &permit, cx).await?;
    Ok(see(cx.store.notice().by_uid(uid).await?.ok_or_else(not_found)?, cx))
}

async fn enter(row: NoticeRow, notice: &Notice, permit: &tegata_domain::permit::Permit, cx: &Inner) -> Result<()> {
    if notice.receipt_at.is_some() {
        return Ok(());
    }
    let now = cx.now()?;
    let change = Change::of(notice.uid.to_string(), vec![Write::NoticeReceipt(row, now)]);
    match cx.store.save(change, permit, now).await.map_err(Error::from) {
        // somebody else was faster: it was read
        Err(e) if e.code == "stale" => Ok(()),
        other => other,
    }
}
