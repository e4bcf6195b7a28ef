//! Finds devices: by number, by serial number, and by a filter, a page at a time through millions.
//!
//! ```text
//! places that the filter takes   each a range of an index, from the cursor on   ─┐
//! what stands nowhere yet        rows in their order, looked at one by one      ─┴ merged by row → page
//! ```
//! Invariant: a page looks at a bounded number of rows ([`BUDGET`]); where that did not suffice it says how many it looked
//! at, and the next page goes on from there.

use super::reach::{Reach, reach};
use super::read::{Seen, by_number, see};
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::tally::whose;
use std::collections::{BTreeSet, HashMap, VecDeque};
use tegata_domain::filter::Filter;
use tegata_domain::id::{DeviceRow, OrganisationRow, ProductRow};
use tegata_domain::number::Number;
use tegata_domain::permit::Actor;
use tegata_domain::tally::{Place, Side};
use tegata_store::Page;

/// Rows that one page looks at, where no index knows what is asked for.
pub const BUDGET: u32 = 5_000;
/// Places that are merged; past them rows are looked at one by one.
const RANGES: usize = 200;
/// Rows that are looked at in one question.
const STEP: u32 = 500;
/// Rows of a range in one question, at least.
const CHUNK: u32 = 8;
/// The longest text that is searched for.
const TEXT: usize = 80;
/// Products whose serial numbers are searched, and rows that are looked at in each.
const PRODUCTS: usize = 200;

/// A page of devices.
pub struct Found {
    /// Them, in the order in which they were made.
    pub devices: Vec<Seen>,
    /// The row after which the next page goes on; `None`: there are no more.
    pub next: Option<i64>,
    /// Rows that were looked at one by one.
    pub looked: u32,
    /// Whether the page is short because it had looked at as many rows as it may, not because there are no more.
    pub cut: bool,
}

/// Rows of one kind, in order.
struct Source {
    what: What,
    ready: VecDeque<DeviceRow>,
    /// Everything up to it was handed over or is ready.
    at: DeviceRow,
    ended: bool,
}

enum What {
    /// An index has them.
    Range(Place),
    /// Each is looked at.
    Look(Side),
}

impl Source {
    fn new(what: What, after: DeviceRow) -> Self {
        Source { what, ready: VecDeque::new(), at: after, ended: false }
    }

    /// The next row, or the row up to which it is known that there is none.
    fn head(&self) -> Option<DeviceRow> {
        self.ready.front().copied().or((!self.ended).then_some(self.at))
    }
}

/// All sources of a filter, merged.
struct Merged<'a> {
    reach: &'a Reach,
    sources: Vec<Source>,
    /// Rows of a range in one question.
    chunk: u32,
    looked: u32,
    cx: &'a Inner,
}

impl<'a> Merged<'a> {
    fn new(reach: &'a Reach, after: DeviceRow, limit: u32, cx: &'a Inner) -> Self {
        let mut sources = Vec::new();
        for side in Side::ALL {
            let places = || reach.places.iter().map(|(place, _)| place).filter(|place| place.side == side);
            let ranges = places().filter(|place| side == Side::Made || !place.is_fresh()).count();
            let owned = side == Side::Owned;
            if places().next().is_none() {
                continue;
            }
            // the order of the rows serves all of a side, and what no range holds
            let all = (owned && reach.whole[0]) || ranges > RANGES;
            if all || ranges < places().count() {
                sources.push(Source::new(What::Look(side), after));
            }
            if !all {
                let ranges = places().filter(|place| !owned || !place.is_fresh());
                sources.extend(ranges.map(|place| Source::new(What::Range(*place), after)));
            }
        }
        let chunk = (2 * limit / sources.len().max(1) as u32).clamp(CHUNK, STEP);
        Merged { reach, sources, chunk, looked: 0, cx }
    }

    /// Whether a looked-at device comes from this source, and from no other.
    fn is_of(&self, side: Side, place: &Place) -> bool {
        let ranged = self.sources.iter().any(|source| matches!(&source.what, What::Range(other) if other == place));
        place.side == side && !ranged && self.reach.takes(place)
    }

    /// Reads on in one source; false where the budget does not allow it.
    async fn read(&mut self, number: usize) -> Result<bool> {
        let source = &self.sources[number];
        let (after, find) = (source.at, self.cx.store.find());
        let (rows, last, more) = match &source.what {
            What::Range(place) => {
                let rows = find.at(place, Page { after, limit: self.chunk }).await?;
                let (last, more) = (rows.last().copied(), rows.len() == self.chunk as usize);
                (rows, last, more)
            }
            What::Look(_) if self.looked >= BUDGET => return Ok(false),
            What::Look(side) => {
                let (side, limit) = (*side, STEP.min(BUDGET - self.looked));
                let looked = find.look(self.reach.organisation, side, Page { after, limit }).await?;
                self.looked += looked.len() as u32;
                let (last, more) = (looked.last().map(|one| one.device), looked.len() == limit as usize);
                let rows = looked.iter().filter(|one| self.is_of(side, &one.place)).map(|one| one.device).collect();
                (rows, last, more)
            }
        };
        let source = &mut self.sources[number];
        source.ready.extend(rows);
        source.at = last.unwrap_or(source.at);
        source.ended = !more;
        Ok(true)
    }

    /// The next row. `Err` has the row up to which all is known, where the budget was used up.
    async fn next(&mut self) -> Result<Result<Option<DeviceRow>, DeviceRow>> {
        loop {
            let heads = self.sources.iter().enumerate().filter_map(|(i, s)| Some((s.head()?, !s.ready.is_empty(), i)));
            let Some((row, ready, number)) = heads.min() else { return Ok(Ok(None)) };
            if ready {
                self.sources[number].ready.pop_front();
                return Ok(Ok(Some(row)));
            }
            if !self.read(number).await? {
                return Ok(Err(row));
            }
        }
    }
}

/// Which of these were not heard from since.
struct Silence<'a> {
    reach: &'a Reach,
    cx: &'a Inner,
}

impl Silence<'_> {
    async fn among(&self, rows: &[DeviceRow]) -> Result<Vec<DeviceRow>> {
        let Some(span) = self.reach.silent else { return Ok(rows.to_vec()) };
        let since = self.cx.clock.reading()?.minus(span);
        let written: HashMap<_, _> = self.cx.store.find().seen(rows).await?.into_iter().collect();
        let last = |row: &DeviceRow| self.cx.seen.last(*row, written.get(row).copied());
        Ok(rows.iter().copied().filter(|row| last(row).is_none_or(|at| at < since)).collect())
    }
}

/// Rows of devices that a filter takes.
pub(crate) struct Rows {
    /// Them, in order.
    pub rows: Vec<DeviceRow>,
    /// Where to go on; `None`: there are no more.
    pub next: Option<DeviceRow>,
    /// Rows that were looked at one by one.
    pub looked: u32,
    /// Whether the budget ended it.
    pub cut: bool,
}

/// The next rows that a reach has after a row, at most `limit`.
pub(crate) async fn rows(reach: &Reach, after: DeviceRow, limit: u32, cx: &Inner) -> Result<Rows> {
    let mut merged = Merged::new(reach, after, limit, cx);
    let silence = Silence { reach, cx };
    let (mut found, mut at, mut asked) = (Vec::new(), after, 0);
    loop {
        // one more than is shown tells whether there is a next page
        let wanted = if reach.silent.is_some() { STEP } else { limit + 1 };
        let (mut some, mut end) = (Vec::new(), None);
        while some.len() < wanted as usize && end.is_none() {
            match merged.next().await? {
                // one that moved from place to place meanwhile
                Ok(Some(row)) if some.last() == Some(&row) => {}
                Ok(Some(row)) => some.push(row),
                Ok(None) => end = Some(None),
                Err(row) => end = Some(Some(row)),
            }
        }
        asked += if reach.silent.is_some() { some.len() as u32 } else { 0 };
        at = some.last().copied().unwrap_or(at);
        found.extend(silence.among(&some).await?);
        let looked = merged.looked + asked;
        if found.len() > limit as usize {
            found.truncate(limit as usize);
            let next = found.last().copied();
            return Ok(Rows { rows: found, next, looked, cut: false });
        }
        match end {
            Some(None) => return Ok(Rows { rows: found, next: None, looked, cut: false }),
            Some(row) => return Ok(Rows { rows: found, next: row.max(Some(at)), looked, cut: true }),
            None if asked >= BUDGET => return Ok(Rows { rows: found, next: Some(at), looked, cut: true }),
            None => {}
        }
    }
}

/// The devices of the actor's organisation that a filter takes, after row `after`, at most `limit`.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "device::find", skip_all)]
pub async fn find(filter: &Filter, after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Found> {
    let Some(organisation) = whose(actor)? else {
        return Ok(Found { devices: Vec::new(), next: None, looked: 0, cut: false });
    };
    let reach = reach(filter, organisation, cx).await?;
    let Rows { rows, next, looked, cut } = rows(&reach, DeviceRow(after), limit, cx).await?;
    Ok(Found { devices: see_all(&rows, actor, cx).await?, next: next.map(|row| row.0), looked, cut })
}

async fn see_all(rows: &[DeviceRow], actor: &Actor, cx: &Inner) -> Result<Vec<Seen>> {
    let mut devices = Vec::with_capacity(rows.len());
    for listed in cx.store.find().listed(rows).await? {
        devices.push(see(listed, actor, cx).await?);
    }
    Ok(devices)
}

/// Devices of the actor's organisation by what a person types: a management number, or the begin of a serial number; at
/// most `limit`.
pub async fn search(text: &str, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Seen>> {
    let Some(organisation) = whose(actor)? else { return Ok(Vec::new()) };
    let text = text.trim();
    if text.chars().count() > TEXT || text.chars().any(char::is_control) {
        return Err(Error::invalid("search", format!("a search has at most {TEXT} characters, in one line")));
    }
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if let Ok(number) = Number::parse(text) {
        match by_number(number, actor, cx).await {
            Ok(seen) => return Ok(vec![seen]),
            // a serial number may look like one
            Err(error) if error.kind == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let mut found = Vec::new();
    for product in products(organisation, cx).await? {
        if found.len() >= limit as usize {
            break;
        }
        found.extend(cx.store.find().by_serial(product, text, organisation, STEP).await?);
    }
    found.truncate(limit as usize);
    see_all(&found, actor, cx).await
}

/// Products of which an organisation has devices.
async fn products(organisation: OrganisationRow, cx: &Inner) -> Result<Vec<ProductRow>> {
    let places = cx.store.tally().of(organisation).await?;
    let products: BTreeSet<ProductRow> = places.iter().map(|(place, _)| place.product).collect();
    Ok(products.into_iter().take(PRODUCTS).collect())
}
