//! Campaigns: what comes next, and whole campaigns played in memory.
