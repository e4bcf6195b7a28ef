//! Taking everything out: what an organisation may see, for whoever writes it down in open formats.

mod read;

pub use read::{Told, authorities, holder, life, of_organisation};
