//! Sends the notices that wait. The row stands before the mail goes (law 11): a crash between the two sends the same
//! letter again under the same message id, and never loses one.

use super::{letter, receipt};
use crate::cx::Cx;
use crate::error::{Error, Result};
use tegata_document::letter::Language as Tongue;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::NoticeRow;
use tegata_domain::notice::{Contact, Language, Notice, pause};
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::time::Timestamp;
use tegata_outside::mail::Mail;

/// How many are sent in one turn.
const TOGETHER: u32 = 64;

/// Sends what is due; answers when to look again.
pub async fn send_due(cx: &Cx) -> Result<Option<Timestamp>> {
    let permit = Actor::Platform.permit(Operation::Publish, Subject::default())?;
    let now = cx.now()?;
    for (row, notice) in cx.store.notice().due(now, TOGETHER).await? {
        one(row, &notice, now, &permit, cx).await?;
    }
    Ok(cx.store.notice().next().await?)
}

async fn one(row: NoticeRow, notice: &Notice, now: Timestamp, permit: &Permit, cx: &Cx) -> Result<()> {
    let write = match cx.store.notice().contact(notice.organisation).await? {
        // it stands in the list of notices; an address may come later
        None => Write::NoticeTried(row, now.plus(pause(notice.attempts))),
        Some(contact) => match send(notice, contact, cx).await {
            Ok(()) => Write::NoticeSent(row, now),
            Err(error) => {
                tracing::warn!(notice = %notice.uid, attempts = notice.attempts + 1, %error, "notice not sent; tried again");
                Write::NoticeTried(row, now.plus(pause(notice.attempts)))
            }
        },
    };
    match cx.store.save(Change::of(notice.uid.to_string(), vec![write]), permit, now).await.map_err(Error::from) {
        // read or sent meanwhile
        Err(e) if e.code == "stale" => Ok(()),
        other => other,
    }
}

async fn send(notice: &Notice, contact: Contact, cx: &Cx) -> Result<()> {
    let tongues: &[Tongue] = match contact.language {
        Some(Language::En) => &[Tongue::En],
        Some(Language::Ja) => &[Tongue::Ja],
        None => &[Tongue::Ja, Tongue::En],
    };
    let link = format!("{}/n/{}", cx.names.public_url, receipt::code(notice.uid, cx));
    let (mut titles, mut texts) = (Vec::new(), Vec::new());
    for tongue in tongues {
        let (letter, page) = letter(notice, *tongue, cx).await?;
        texts.push(letter.mail(page.as_deref(), &link));
        titles.push(letter.subject);
    }
    let (subject, text, id) = (titles.join(" / "), texts.join("\n――――――――\n\n"), notice.uid.to_string());
    let theirs = cx.clone();
    let work = move || {
        let mail = Mail { id: &id, to: &contact.mail, subject: &subject, text: &text };
        theirs.postman.send(&mail)
    };
    let sent = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    sent.map_err(|e| Error { source: Some(e.to_string().into()), ..Error::conflict("mail", e) })
}
