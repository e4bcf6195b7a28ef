//! The list of notices: what was written to the organisation, and whether somebody has read it.

use super::Place;
use super::console::{Area, Content};
use super::shape::badge;
use crate::sentence::{Moment, Sentence, plain};
use crate::texts::{Line, NoticeList};
use askama::Template;
use tegata_domain::notice::Notice;
use tegata_usecase::notice::Seen;

/// What the list shows.
pub struct Listed<'a> {
    /// The notices, in order.
    pub all: &'a [Seen],
    /// The page of the next ones, if there are more.
    pub next: Option<&'a str>,
    /// The token of the forms, for who may say that one was read.
    pub form: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "notice/list.html")]
struct List<'a> {
    t: &'static Line,
    /// The list as a file: its name and query.
    export: String,
    heading: String,
    rows: Vec<Row>,
    next: Option<String>,
    form: Option<&'a str>,
}

/// A notice: about what, which device, since when, where it stands.
struct Row {
    about: &'static str,
    device: Option<(String, String)>,
    since: Moment,
    state: Sentence,
    /// Where its receipt is entered, and how that is called for who does not see the row.
    receive: Option<(String, String)>,
}

/// The list of notices.
pub fn render(place: &Place<'_>, listed: &Listed<'_>) -> Content {
    let t = Line::of(place.language());
    let page = List {
        t,
        export: "notices?".to_owned(),
        heading: heading(t.notices, listed.all),
        rows: listed.all.iter().map(|seen| row(t, place, seen)).collect(),
        next: listed.next.map(str::to_owned),
        form: listed.form,
    };
    Content::new(Area::Notices, &t.notices.what, &page)
}

fn heading(n: &NoticeList, all: &[Seen]) -> String {
    match all.iter().filter(|seen| seen.notice.receipt_at.is_none()).count() {
        _ if all.is_empty() => n.none.clone(),
        0 => n.all_read.clone(),
        unread => n.unread.of(unread as u64),
    }
}

fn row(t: &'static Line, place: &Place<'_>, seen: &Seen) -> Row {
    let Seen { notice, number, .. } = seen;
    let about = t.notices.kind(t.finding, notice.kind);
    let since = t.texts.date.row(notice.at);
    let hint = plain(&t.notices.receive_hint, &[("title", about), ("at", &since.shown)]);
    Row {
        about,
        device: number.map(|number| (number.to_string(), place.link(&format!("/console/devices/{number}")))),
        receive: notice.receipt_at.is_none().then(|| (format!("/console/notices/{}/receipt", notice.uid), hint)),
        since,
        state: state(t, notice),
    }
}

/// Where it stands, as words with their shape.
pub(super) fn state(t: &'static Line, notice: &Notice) -> Sentence {
    let n = t.notices;
    let at = |text: &str, at| plain(text, &[("at", &t.texts.date.minute(at).shown)]);
    let (tone, icon, words) = match (notice.receipt_at, notice.sent_at, notice.attempts) {
        (Some(read), _, _) => ("well", "well", at(&n.read, read)),
        (None, Some(sent), _) => ("wait", "wait", at(&n.sent, sent)),
        (None, None, 0 | 1) => ("quiet", "date", n.waiting.clone()),
        (None, None, tries) => ("wait", "wait", n.tried.of(tries.into())),
    };
    badge((tone, icon, &words))
}
