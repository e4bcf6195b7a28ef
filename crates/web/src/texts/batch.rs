//! The words of batches.

use super::figure::Count;
use serde::Deserialize;

tables! {
    /// Batches: the list, one of them, the form for a new one.
    Batches {
        what, none, none_open, open_now: Count, empty, list, more, product, state, made, quantity, until, bar,
        one, heading: Count, heading_full: Count, heading_none: Count, progress, legend_made, legend_left, facts, from,
        confirmation, implied, required, opened, open, not_yet, ended, full,
        stations, station, refused, last, no_station, line, line_why, id, to_tokens, devices,
        form, form_product, form_quantity, form_quantity_hint, form_confirmation, form_until, form_until_hint,
        form_button, no_product, to_products,
    }
}

catalogue!(Batches, "batch");
