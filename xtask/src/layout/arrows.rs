//! Which of our crates may use which: arrows go down only.

use serde_json::Value;

/// A dependency of one of our crates on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// Who uses.
    pub from: String,
    /// Who is used.
    pub to: String,
    /// Whether only its tests do.
    pub in_tests: bool,
}

/// A crate that ships: its height in the house and what it may use.
struct Floor {
    name: &'static str,
    height: u8,
    uses: &'static [&'static str],
}

const fn floor(name: &'static str, height: u8, uses: &'static [&'static str]) -> Floor {
    Floor { name, height, uses }
}

const EDGE: &[&str] = &["tegata-fault", "tegata-usecase", "tegata-wire", "tegata-document", "tegata-domain"];
const DEVICE_SIDE: &[&str] = &["tegata-wire", "tegata-domain", "tegata-keys"];
/// The line prints labels as well.
const LINE_SIDE: &[&str] = &["tegata-wire", "tegata-document", "tegata-domain", "tegata-keys"];
const FLOORS: [Floor; 15] = [
    // empty in what ships, and every layer has points of it
    floor("tegata-fault", 0, &[]),
    floor("tegata-domain", 0, &[]),
    floor("tegata-wire", 0, &[]),
    floor("tegata-document", 0, &[]),
    floor("tegata-store", 1, &["tegata-domain", "tegata-fault"]),
    floor("tegata-keys", 1, &["tegata-domain", "tegata-wire"]),
    floor("tegata-outside", 1, &["tegata-domain", "tegata-wire"]),
    floor(
        "tegata-usecase",
        2,
        &[
            "tegata-fault",
            "tegata-store",
            "tegata-keys",
            "tegata-outside",
            "tegata-wire",
            "tegata-document",
            "tegata-domain",
        ],
    ),
    floor("tegata-protocol", 3, EDGE),
    floor("tegata-api", 3, EDGE),
    floor("tegata-web", 3, EDGE),
    floor("tegata-job", 3, EDGE),
    floor("tegata-agent", 3, DEVICE_SIDE),
    floor("tegata-station", 3, LINE_SIDE),
    // the one that knows every crate that ships
    floor("tegata", 4, &[]),
];
const TOP: &str = "tegata";
const TESTKIT: &str = "tegata-testkit";
/// What never ships; these may use anything that ships.
const TOOLS: [&str; 4] = [TESTKIT, "bench", "xtask", "fuzz"];

/// The arrows between the packages of the workspace, from `cargo metadata`.
pub fn read(metadata: &Value) -> Vec<Arrow> {
    let packages = || metadata["packages"].as_array().into_iter().flatten();
    let ours: Vec<&str> = packages().filter_map(|package| package["name"].as_str()).collect();
    let mut arrows = Vec::new();
    for package in packages() {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            if ours.contains(&to) {
                arrows.push(Arrow {
                    from: package["name"].as_str().unwrap_or_default().into(),
                    to: to.into(),
                    in_tests: dependency["kind"] == "dev",
                });
            }
        }
    }
    arrows
}

/// What is wrong with the arrows, and with the names of the crates.
pub fn faults(names: &[String], arrows: &[Arrow]) -> Vec<String> {
    let mut faults = Vec::new();
    for name in names {
        if by_name(name).is_none() && !TOOLS.contains(&name.as_str()) {
            faults.push(format!("crate {name} has no place in the house: give it one in xtask/src/layout/arrows.rs"));
        }
    }
    faults.extend(arrows.iter().filter_map(|arrow| {
        let why = refusal(arrow)?;
        let kind = if arrow.in_tests { " (in tests)" } else { "" };
        Some(format!("{} → {}{kind}: {why}", arrow.from, arrow.to))
    }));
    faults
}

fn by_name(name: &str) -> Option<&'static Floor> {
    FLOORS.iter().find(|floor| floor.name == name)
}

/// Why an arrow may not be.
fn refusal(arrow: &Arrow) -> Option<&'static str> {
    let is_tool = |name: &str| TOOLS.contains(&name);
    if is_tool(&arrow.to) {
        let allowed = arrow.to == TESTKIT && (arrow.in_tests || is_tool(&arrow.from));
        return (!allowed).then_some("what does not ship may be used in tests only, and only the testkit");
    }
    if is_tool(&arrow.from) {
        return None;
    }
    let (Some(from), Some(to)) = (by_name(&arrow.from), by_name(&arrow.to)) else {
        return None; // its missing place is a fault already
    };
    if arrow.in_tests {
        return (from.height <= to.height)
            .then_some("arrows go down only, in tests too; the testkit may stand between");
    }
    (from.name != TOP && !from.uses.contains(&to.name)).then_some("no such arrow in the house")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, to: &str, in_tests: bool, holds: bool) {
        let arrow = Arrow { from: from.into(), to: to.into(), in_tests };
        assert_eq!(refusal(&arrow).is_none(), holds, "{arrow:?}");
    }

    #[test]
    fn arrows_go_down_only() {
        check("tegata", "tegata-store", false, true);
        check("tegata-api", "tegata-usecase", false, true);
        check("tegata-api", "tegata-store", false, false);
        check("tegata-web", "tegata-api", false, false);
        check("tegata-usecase", "tegata-api", false, false);
        check("tegata-store", "tegata-wire", false, false);
        check("tegata-domain", "tegata-wire", false, false);
        check("tegata-agent", "tegata-store", false, false);
        check("tegata-agent", "tegata-document", false, false);
        check("tegata-station", "tegata-document", false, true);
        check("tegata-station", "tegata-agent", false, false);
        check("tegata-job", "tegata", false, false);
    }

    #[test]
    fn tests_may_skip_floors_but_not_climb() {
        check("tegata-api", "tegata-store", true, true);
        check("tegata-store", "tegata-usecase", true, false);
        check("tegata-api", "tegata-web", true, false);
        check("tegata-domain", "tegata-testkit", true, true);
    }

    #[test]
    fn what_does_not_ship_stays_outside() {
        check("tegata", "tegata-testkit", false, false);
        check("tegata", "bench", false, false);
        check("tegata", "bench", true, false);
        check("tegata", "xtask", true, false);
        check("bench", "tegata-testkit", false, true);
        check("tegata-testkit", "tegata", false, true);
    }

    #[test]
    fn every_crate_needs_a_place() {
        assert!(faults(&["tegata-wire".into(), "bench".into()], &[]).is_empty());
        assert_eq!(faults(&["tegata-utils".into()], &[]).len(), 1);
    }

    #[test]
    fn metadata_is_read() {
        let metadata = serde_json::json!({"packages": [
            {"name": "a", "dependencies": [{"name": "b", "kind": null}, {"name": "b", "kind": "dev"}, {"name": "serde"}]},
            {"name": "b", "dependencies": []},
        ]});
        let arrow = |in_tests| Arrow { from: "a".into(), to: "b".into(), in_tests };
        assert_eq!(read(&metadata), [arrow(false), arrow(true)]);
    }
}
