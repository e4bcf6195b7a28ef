//! The store suite: what every engine must hold. No test names a back end.

mod fixture;
mod folder;
mod guards;
mod ledger;
