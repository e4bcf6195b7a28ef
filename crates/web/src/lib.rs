//! Pages: HTML that people see, rendered on the server, in Japanese and English, usable without script.
//!
//! Why here: everything visual of the platform lives in this crate. What a page says comes from `domain`, how it looks
//! from `templates/` and `assets/`, its words from `texts/`.
//! Invariants: no text in code or templates; whatever comes from outside is escaped by the template engine.

pub mod account;
pub mod asset;
pub mod audit;
pub mod batch;
pub mod bulk;
pub mod campaign;
pub mod claim;
pub mod desk;
pub mod device;
pub mod devices;
pub mod export;
pub mod finding;
pub mod guide;
pub mod help;
pub mod invitation;
pub mod language;
pub mod ledger;
pub mod live;
pub mod login;
pub mod lookup;
pub mod members;
pub mod notice;
pub mod notices;
pub mod operation;
pub mod organisation;
pub mod overview;
pub mod page;
pub mod product;
pub mod release;
pub mod tokens;

mod calendar;
mod cookie;
mod origin;
mod refusal;
mod sentence;
mod status;
mod texts;
