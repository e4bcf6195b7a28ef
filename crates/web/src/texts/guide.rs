//! The words around the guides. The guides themselves stand in `docs/guide/`.

use crate::guide::Guide;
use serde::Deserialize;

tables! {
    /// The catalogue.
    Guides {
        title, heading, lead, files, foreign, contents, picture,
        owner: Role, operator: Role, maker: Role, assessor: Role, administrator: Role,
    }
    /// For whom a guide is, and what stands in it.
    Role { name, what }
}

catalogue!(Guides, "guide");

impl Guides {
    /// The words of one.
    pub(crate) fn role(&self, guide: Guide) -> &Role {
        match guide {
            Guide::Owner => &self.owner,
            Guide::Operator => &self.operator,
            Guide::Maker => &self.maker,
            Guide::Assessor => &self.assessor,
            Guide::Administrator => &self.administrator,
        }
    }
}
