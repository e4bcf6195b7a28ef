//! Pages of campaigns.

mod form;
mod list;
mod one;

pub use form::{Offer, render as form};
pub use list::{Listed, render as list};
pub use one::{Shown, render as one};

pub use super::release::Of;

use super::shape::badge;
use crate::sentence::Sentence;
use crate::texts::Line;
use tegata_domain::action::ActionState;
use tegata_domain::campaign::{CampaignState, Counts};

/// The state of a campaign as a word with its shape.
fn state(t: &'static Line, state: CampaignState) -> Sentence {
    let (tone, icon) = match state {
        CampaignState::Running => ("well", "running"),
        CampaignState::Paused => ("wait", "pause"),
        CampaignState::Stopped => ("stop", "wait"),
        CampaignState::Cancelled => ("quiet", "ended"),
        CampaignState::Finished => ("well", "well"),
    };
    badge((tone, icon, t.campaign.state(state)))
}

/// How many devices stand where, as the pages tell it.
#[derive(Clone, Copy)]
struct Tally {
    done: u64,
    out: u64,
    waiting: u64,
    failed: u64,
    silent: u64,
    all: u64,
}

impl Tally {
    fn of(counts: &Counts) -> Self {
        let tally = counts.tally();
        Tally {
            done: counts.of(ActionState::Done).into(),
            out: (tally.out + counts.of(ActionState::Cancelling)).into(),
            waiting: counts.waiting().into(),
            failed: counts.of(ActionState::Failed).into(),
            silent: counts.of(ActionState::Overdue).into(),
            all: (counts.total() - counts.of(ActionState::Cancelled)).into(),
        }
    }
}
