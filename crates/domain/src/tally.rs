//! How many devices stand where: counts that move with the devices, so that nobody counts a million rows for a page.
//!
//! Why here: what a device counts for is a rule of the domain; the store only adds up.
//! Invariant: a device counts once for its owner, and once more for its maker while another owns it.

use crate::device::{Condition, Device, Stage};
use crate::id::{OrganisationRow, ProductRow, ReleaseRow};
use std::collections::BTreeMap;

/// In which way an organisation has to do with a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    /// It owns it.
    Owned = 0,
    /// It made it, and another owns it now.
    Made,
}

impl Side {
    /// All, in the order of their codes.
    pub const ALL: [Side; 2] = [Side::Owned, Side::Made];

    /// Its word in a filter.
    pub fn name(self) -> &'static str {
        ["owned", "made"][self as usize]
    }
}

/// A place where devices of an organisation stand, and are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Whose count it is.
    pub organisation: OrganisationRow,
    /// In which way it has to do with them.
    pub side: Side,
    /// What they are.
    pub product: ProductRow,
    /// The release that they run; `None` where what they run is no release known here.
    pub release: Option<ReleaseRow>,
    /// Where they are in their lives.
    pub stage: Stage,
    /// How they are.
    pub condition: Condition,
}

impl Place {
    /// Whether nothing happened to the devices there since they were made.
    pub fn is_fresh(&self) -> bool {
        self.release.is_none() && self.stage == Stage::Made && self.condition == Condition::Well
    }
}

/// All of a device that it is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Who made it.
    pub maker: OrganisationRow,
    /// Whose it is.
    pub owner: OrganisationRow,
    /// What it is.
    pub product: ProductRow,
    /// The release that it runs, where one is known here.
    pub release: Option<ReleaseRow>,
    /// Where it is in its life.
    pub stage: Stage,
    /// How it is.
    pub condition: Condition,
}

impl Standing {
    /// That of a device which runs this.
    pub fn of(device: &Device, release: Option<ReleaseRow>) -> Self {
        let Device { maker, owner, product, stage, condition, .. } = *device;
        Standing { maker, owner, product, release, stage, condition }
    }

    /// Where it is counted.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let Standing { maker, owner, product, release, stage, condition } = *self;
        let place = move |(organisation, side)| Place { organisation, side, product, release, stage, condition };
        let made = (maker != owner).then_some((maker, Side::Made));
        [(owner, Side::Owned)].into_iter().chain(made).map(place)
    }
}

/// Counts that will move together. What was added since a mark can be taken back.
#[derive(Debug, Clone)]
pub struct Deltas<K> {
    all: Vec<(K, i64)>,
    mark: usize,
}

impl<K> Default for Deltas<K> {
    fn default() -> Self {
        Deltas { all: Vec::new(), mark: 0 }
    }
}

impl<K: Copy + Ord> Deltas<K> {
    /// Moves one count.
    pub fn add(&mut self, key: K, by: i64) {
        // a line makes many of one kind
        match self.all[self.mark..].last_mut() {
            Some((last, sum)) if *last == key => *sum += by,
            _ => self.all.push((key, by)),
        }
    }

    /// From here on it can be taken back.
    pub fn mark(&mut self) -> usize {
        self.mark = self.all.len();
        self.mark
    }

    /// Takes back all that was added since that mark.
    pub fn back_to(&mut self, mark: usize) {
        self.all.truncate(mark);
        self.mark = mark;
    }

    /// What moves in the end: each count once, in order.
    pub fn sums(&self) -> Vec<(K, i64)> {
        let mut sums = BTreeMap::new();
        self.all.iter().for_each(|(key, by)| *sums.entry(*key).or_insert(0) += by);
        sums.into_iter().filter(|(_, sum)| *sum != 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(maker: i64, owner: i64) -> Standing {
        Standing {
            maker: OrganisationRow(maker),
            owner: OrganisationRow(owner),
            product: ProductRow(5),
            release: None,
            stage: Stage::Made,
            condition: Condition::Well,
        }
    }

    #[test]
    fn a_device_counts_for_its_owner_and_for_a_maker_who_sold_it() {
        let whose =
            |maker, owner| standing(maker, owner).places().map(|p| (p.organisation.0, p.side)).collect::<Vec<_>>();
        assert_eq!(whose(1, 1), [(1, Side::Owned)]);
        assert_eq!(whose(1, 2), [(2, Side::Owned), (1, Side::Made)]);
    }

    #[test]
    fn fresh_is_what_no_index_holds() {
        let fresh = standing(1, 1).places().next().unwrap();
        assert!(fresh.is_fresh());
        for moved in [
            Place { release: Some(ReleaseRow(1)), ..fresh },
            Place { stage: Stage::Shipped, ..fresh },
            Place { condition: Condition::Recalled, ..fresh },
        ] {
            assert!(!moved.is_fresh(), "{moved:?}");
        }
    }

    #[test]
    fn what_is_taken_back_moves_nothing() {
        let mut deltas = Deltas::default();
        deltas.add('b', 1);
        deltas.add('b', 1);
        let mark = deltas.mark();
        deltas.add('b', 5);
        deltas.add('a', 1);
        deltas.back_to(mark);
        assert_eq!(deltas.sums(), [('b', 2)]);
        deltas.add('b', -2);
        deltas.add('a', 3);
        assert_eq!(deltas.sums(), [('a', 3)], "nothing to move is not moved");
    }

    #[test]
    fn many_of_one_kind_take_one_place() {
        let mut deltas = Deltas::default();
        (0..1000).for_each(|_| deltas.add(7, 1));
        assert_eq!((deltas.all.len(), deltas.sums()), (1, vec![(7, 1000)]));
    }
}
