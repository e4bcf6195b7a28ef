//! The production line: makes identities for units, reads them back, confirms them, prints their labels.
//!
//! Why a crate of its own: it runs beside the machine that fills the units and must not pull the server's packages.
//! Each unit has a folder, and the files in it are its state: whatever kills the program, the next run goes on there.
//!
//! Invariant: a key is on disk before its request is sent, a certificate before it is confirmed, and one serial never
//! gets a second key.

pub mod chance;
pub mod check;
pub mod command;
pub mod line;
pub mod platform;
pub mod unit;
