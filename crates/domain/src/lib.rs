//! The nouns of Tegata, their states and their rules.
//!
//! Why here: everything that decides lives in this crate, so that it can be read and tested without a server.
//! Invariant: no input or output, no async, no clock, no randomness; time and chance come in as arguments.

pub mod account;
pub mod action;
pub mod audit;
pub mod authority;
pub mod batch;
pub mod bulk;
pub mod campaign;
pub mod certificate;
pub mod challenge;
pub mod chance;
pub mod change;
pub mod credential;
pub mod cursor;
pub mod device;
pub mod disposal;
pub mod enrolment;
pub mod event;
pub mod fact;
pub mod filter;
pub mod finding;
pub mod id;
pub mod initial_password;
pub mod invitation;
pub mod ledger;
pub mod login;
pub mod lookup;
pub mod measure;
pub mod membership;
pub mod notice;
pub mod number;
pub mod organisation;
pub mod period;
pub mod permit;
pub mod person;
pub mod product;
pub mod pulse;
pub mod ratchet;
pub mod release;
pub mod report;
pub mod revocation;
pub mod scan;
pub mod session;
pub mod stop;
pub mod tally;
pub mod target_token;
pub mod time;
pub mod token;
pub mod transfer;
