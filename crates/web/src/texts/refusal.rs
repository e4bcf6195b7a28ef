//! Why something was not done.

use serde::Deserialize;
use std::collections::BTreeMap;

tables! {
    /// The catalogue: by the closer name or the code of an error, else by its kind.
    Refusals { kind: RefusalKinds, code: BTreeMap<String, String> }
    /// Where a code has no words of its own.
    RefusalKinds { mistake, denied, missing, passing, internal }
}

catalogue!(Refusals, "refusal");
