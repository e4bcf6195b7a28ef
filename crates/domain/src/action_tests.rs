//! Actions: every step, the refused ones too.
