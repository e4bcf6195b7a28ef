//! Look-ups of a device's number, counted.

pub mod exempt;
pub mod list;

use serde_json::{Value, json};
use tegata_domain::scan::{Count, Scanned};
use tegata_usecase::scan::Counted;

/// One count.
pub(crate) fn view_of_count(count: &Count) -> Value {
    let day = count.day.begin().date();
    json!({ "day": day, "place": count.place.name(), "count": count.count })
}

fn view_of_all(all: &Scanned) -> Value {
    let countries: Vec<String> =
        all.countries.text().split(' ').filter(|word| word.len() == 2).map(str::to_owned).collect();
    json!({
        "first": (all.total > 0).then(|| all.first.begin().date()), "total": all.total, "countries": countries,
        "alarmed_at": all.alarmed_at.map(|at| at.rfc3339()), "exempt_until": all.exempt_until.map(|at| at.rfc3339()),
    })
}

/// All that is told to the owner.
pub(crate) fn view(counted: &Counted) -> Value {
    let mut view = counted.all.as_ref().map_or_else(
        || json!({ "first": null, "total": 0, "countries": [], "alarmed_at": null, "exempt_until": null }),
        view_of_all,
    );
    view["items"] = counted.counts.iter().map(view_of_count).collect();
    view
}
