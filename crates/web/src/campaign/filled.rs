//! What is filled in for a new campaign, and what it asks for.

use crate::refusal;
use serde::Deserialize;
use tegata_domain::campaign::{Extent, NewCampaign, NewGroup, Selection};
use tegata_domain::device::Stage;
use tegata_domain::id::Uuid;
use tegata_domain::number::Number;
use tegata_domain::stop::Share;
use tegata_usecase::Result;
use tegata_usecase::campaign::Asked;

/// The fields of the form.
#[derive(Deserialize)]
pub struct Filled {
    release: String,
    stage: String,
    version: String,
    percent: String,
    numbers: String,
    extents: String,
    success: String,
    limit: String,
    at_once: String,
    #[serde(default)]
    consent: String,
    #[serde(default)]
    forced: String,
}

/// A field that may be left empty.
fn said(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn share(text: &str, why: &'static str) -> Result<Share> {
    let percent = text.trim_end_matches('%').trim().parse().ok();
    percent.and_then(Share::percent).ok_or_else(|| refusal::invalid(why))
}

impl Filled {
    /// The release that was chosen.
    pub fn release(&self) -> Option<Uuid> {
        Uuid::parse_str(&self.release).ok()
    }

    /// The fields by their names, to stand in the form again.
    pub fn fields(&self) -> Vec<(String, String)> {
        let all = [
            ("stage", &self.stage),
            ("version", &self.version),
            ("percent", &self.percent),
            ("numbers", &self.numbers),
            ("extents", &self.extents),
            ("success", &self.success),
            ("limit", &self.limit),
            ("at_once", &self.at_once),
            ("consent", &self.consent),
            ("forced", &self.forced),
        ];
        all.map(|(name, value)| (name.to_owned(), value.clone())).into()
    }

    /// What it asks for.
    pub fn asked(&self) -> Result<Asked> {
        let stage = said(&self.stage).map(|text| {
            let stage = Stage::ALL.into_iter().find(|stage| stage.name() == text);
            stage.ok_or_else(|| refusal::invalid("campaign.choice"))
        });
        let numbers = self.numbers.split([',', '\n', '\r', ' ']).filter_map(said);
        let numbers = numbers.map(|text| Number::parse(text).map_err(|_| refusal::invalid("select.number")));
        let selection = Selection {
            devices: Vec::new(),
            stage: stage.transpose()?,
            version: said(&self.version).map(str::to_owned),
            share: said(&self.percent).map(|text| share(text, "campaign.share")).transpose()?,
        };
        let whole = |text: &str, why| text.parse().map_err(|_| refusal::invalid(why));
        let success = said(&self.success).map(|text| whole(text, "campaign.success")).transpose()?;
        let success = success.map(|percent: u32| u8::try_from(percent).unwrap_or(u8::MAX));
        let group = |text| {
            let extent = Extent::Share(share(text, "campaign.order")?);
            Ok(NewGroup { extent, success })
        };
        let groups: Result<Vec<_>> = self.extents.split([',', '、']).filter_map(said).map(group).collect();
        let new = NewCampaign {
            selection,
            groups: groups?,
            forced: Some(!self.forced.is_empty()),
            consent: !self.consent.is_empty(),
            span: None,
            limit: said(&self.limit).map(|text| share(text, "campaign.limit")).transpose()?,
            least: None,
            at_once: said(&self.at_once).map(|text| whole(text, "campaign.at_once")).transpose()?,
        };
        let release = self.release().ok_or_else(|| refusal::invalid("campaign.choice"))?;
        Ok(Asked { release, product: None, sector: None, numbers: numbers.collect::<Result<_>>()?, new })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(change: impl FnOnce(&mut Filled)) -> Result<Asked> {
        let mut form: Filled = serde_urlencoded::from_str(
            "release=01935f01-2003-7000-8000-000000000003&stage=&version=&percent=&numbers=&extents=1,+5,+100&success=90\
             &limit=2&at_once=&forced=1",
        )
        .unwrap();
        change(&mut form);
        form.asked()
    }

    #[test]
    fn the_form_as_it_stands() {
        let asked = filled(|_| ()).unwrap();
        assert_eq!(asked.new.groups.len(), 3);
        assert_eq!((asked.new.forced, asked.new.consent, asked.new.at_once), (Some(true), false, None));
        assert_eq!(asked.new.limit, Share::percent(2.0));
        assert!(asked.new.check().is_ok() && asked.numbers.is_empty());
    }

    #[test]
    fn fields_are_read() {
        let asked = filled(|form| {
            form.numbers = "7K3M-Q9TX-2HVD-R5WE\r\n7k3mq9tx2hvdr5we, ".into();
            (form.stage, form.percent, form.at_once) = ("in_use".into(), "12.5 %".into(), "500".into());
        });
        let asked = asked.unwrap();
        assert_eq!((asked.numbers.len(), asked.new.at_once), (2, Some(500)));
        assert_eq!((asked.new.selection.stage, asked.new.selection.share), (Some(Stage::InUse), Share::percent(12.5)));
    }

    #[test]
    fn mistakes_are_named() {
        let changes: [fn(&mut Filled); 7] = [
            |form| form.release = "x".into(),
            |form| form.stage = "lost".into(),
            |form| form.percent = "101".into(),
            |form| form.numbers = "hello".into(),
            |form| form.extents = "1, much".into(),
            |form| form.success = "90.5".into(),
            |form| form.at_once = "-1".into(),
        ];
        for change in changes {
            assert!(filled(change).is_err_and(|e| e.kind == tegata_usecase::Kind::Invalid));
        }
    }
}
