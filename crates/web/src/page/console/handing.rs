//! What stands beside a device's acts: how it is handed on, how its secrets end, what was told of it, its label.

use super::Area;
use crate::desk::Desk;
use crate::page::notices::state;
use crate::sentence::{Moment, Sentence, Slot, plain, rendered, sentence};
use crate::texts::Line;
use crate::texts::fleet::Fleet;
use crate::texts::handing::Handing;
use askama::Template;
use axum::response::Response;
use tegata_domain::device::Stage;
use tegata_domain::disposal::{Disposal, Erasure};
use tegata_domain::number::Number;
use tegata_domain::permit::Operation::{DisposeDevice, TransferDevice};
use tegata_domain::time::Timestamp;
use tegata_domain::transfer;
use tegata_usecase::device::Seen;
use tegata_usecase::notice;

/// What is known of it.
pub(crate) struct Beside {
    /// Until when an offer stands.
    pub offer: Option<Timestamp>,
    pub disposal: Option<Disposal>,
    pub notices: Vec<notice::Seen>,
}

struct Told {
    what: String,
    at: Moment,
    state: Sentence,
}

#[derive(Template)]
#[template(path = "console/handing.html")]
struct Part<'a> {
    h: &'static Handing,
    number: &'a str,
    label: String,
    /// Who may hand it on as it stands.
    may_offer: bool,
    stands: Option<Sentence>,
    may_dispose: bool,
    disposal: Option<Sentence>,
    notices: Vec<Told>,
    token: &'a str,
}

/// The part of the page.
pub(super) fn part(desk: &Desk, seen: &Seen, beside: &Beside, now: Timestamp) -> Sentence {
    let place = desk.place();
    let (h, line) = (Handing::of(place.language()), Line::of(place.language()));
    let (device, number) = (&seen.device, seen.number.to_string());
    let own = device.owner == desk.visitor.organisation.row;
    let movable = transfer::offer(device, now.plus(transfer::OFFER_LIFE), now).is_ok();
    let minute = |at| line.texts.date.minute(at);
    let told = |one: &notice::Seen| Told {
        what: line.notices.kind(line.finding, one.notice.kind).to_owned(),
        at: minute(one.notice.at),
        state: state(line, &one.notice),
    };
    let asked = beside.disposal.as_ref().is_some_and(|known| known.requested_at.is_some());
    let page = Part {
        h,
        label: format!("/console/devices/{number}/label"),
        may_offer: own && movable && desk.may(TransferDevice),
        stands: beside.offer.map(|until| sentence(&h.transfer.stands, &[("time", Slot::Time(&minute(until)))])),
        may_dispose: own && !asked && device.stage != Stage::Retired && desk.may(DisposeDevice),
        disposal: beside.disposal.as_ref().and_then(|known| disposal(h, known, minute)),
        notices: beside.notices.iter().map(told).collect(),
        token: desk.token(),
        number: &number,
    };
    rendered(&page)
}

fn disposal(h: &'static Handing, known: &Disposal, minute: impl Fn(Timestamp) -> Moment) -> Option<Sentence> {
    let (text, at) = match (known.ended_at, known.requested_at) {
        (Some(at), _) => {
            let d = &h.dispose;
            let texts = [&d.unconfirmed, &d.witnessed, &d.signed];
            let place = Erasure::ALL.iter().position(|one| *one == known.erasure).unwrap_or_default();
            (texts[place], at)
        }
        (None, Some(at)) => (&h.dispose.asked, at),
        (None, None) => return None,
    };
    Some(sentence(text, &[("time", Slot::Time(&minute(at)))]))
}

/// What holds of a code.
pub(crate) fn note(desk: &Desk, until: Timestamp) -> Sentence {
    let language = desk.place().language();
    let until = Line::of(language).texts.date.minute(until);
    sentence(&Handing::of(language).transfer.note, &[("time", Slot::Time(&until))])
}

#[derive(Template)]
#[template(path = "console/dispose.html")]
struct Sure<'a> {
    f: &'static Fleet,
    h: &'static Handing,
    what: Sentence,
    title: String,
    number: String,
    token: &'a str,
}

/// The question whether it is meant.
pub(crate) fn sure(desk: &Desk, number: Number) -> Response {
    let language = desk.place().language();
    let (f, h, number) = (Fleet::of(language), Handing::of(language), number.to_string());
    let title = plain(&h.dispose.sure_title, &[("number", &number)]);
    let what = sentence(&f.device.what, &[("number", Slot::Code(&number))]);
    let page = Sure { f, h, what, title: title.clone(), number, token: desk.token() };
    desk.page(Area::Devices, &title, &page)
}
