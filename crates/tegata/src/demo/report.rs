//! What the story tells: each step, whether it held, what was measured.

use serde_json::{Map, Value, json};

/// A step that did not hold, with the reason.
pub type Broken = Box<dyn std::error::Error + Send + Sync>;

/// All steps, in order.
#[derive(Default)]
pub struct Report {
    steps: Vec<(&'static str, Value)>,
    shown: Vec<(String, String)>,
    campaign: Option<String>,
}

impl Report {
    /// Enters a step. `facts` is an object.
    pub fn enter(&mut self, name: &'static str, outcome: Result<Value, Broken>) {
        let (mark, value) = match outcome {
            Ok(mut facts) => {
                facts["held"] = true.into();
                ("ok  ", facts)
            }
            Err(problem) => ("FAIL", json!({ "held": false, "problem": problem.to_string() })),
        };
        let facts = value.as_object().into_iter().flatten().filter(|(key, _)| *key != "held");
        let facts: Vec<String> = facts.map(|(key, value)| format!("{key} {}", plain(value))).collect();
        eprintln!("{mark} {name:<12} {}", facts.join(", "));
        self.steps.push((name, value));
    }

    /// A device to look at afterwards.
    pub fn show(&mut self, what: impl Into<String>, number: impl Into<String>) {
        self.shown.push((what.into(), number.into()));
    }

    /// A campaign to look at afterwards.
    pub fn show_campaign(&mut self, id: Option<String>) {
        self.campaign = id;
    }

    /// The campaign to look at.
    pub fn campaign(&self) -> Option<&str> {
        self.campaign.as_deref()
    }

    /// Devices to look at.
    pub fn shown(&self) -> &[(String, String)] {
        &self.shown
    }

    /// Whether every step held, and there was one.
    pub fn held(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|(_, value)| value["held"] == true)
    }

    /// `{"steps":{NAME:{"held":true,…}}}`.
    pub fn object(&self) -> Value {
        let steps: Map<String, Value> =
            self.steps.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        json!({ "steps": steps, "held": self.held() })
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Fails with a reason unless `holds`.
pub fn expect(holds: bool, reason: impl Into<String>) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(reason.into().into()) }
}
