//! Papers that leave the platform: what stands on them and how they look. Pure: facts in, text or drawing out.

pub mod letter;
