//! All data of an organisation as lines of JSON: the objects that the API answers, one file a noun, with the references
//! between them, certificates as PEM, and what opens and proves every event.

use crate::{audit, batch, device, finding, notice, organisation, product, report, scan, token};
use serde_json::{Value, json};
use std::collections::HashMap;
use tegata_domain::id::{BatchRow, ProductRow, Uuid};
use tegata_domain::permit::Actor;
use tegata_usecase::device::Seen;
use tegata_usecase::{Cx, Error, Kind, Result, export, ledger, platform};

/// Takes one line for a file.
pub type Sink<'a> = &'a mut dyn FnMut(&'static str, &Value) -> std::io::Result<()>;

/// Rows that are read at once.
const PAGE: u32 = 500;

/// The files, each with what its lines are.
pub const FILES: [(&str, &str); 12] = [
    ("organisation.ndjson", "the organisation itself, and where letters to it go; one line"),
    ("authorities.ndjson", "its certificate authorities, with their certificates (PEM)"),
    ("products.ndjson", "its products"),
    ("batches.ndjson", "its batches: permits to make so many devices of a product"),
    ("devices.ndjson", "devices that it made or owns, with all their certificates (PEM)"),
    (
        "events.ndjson",
        "the lives of these devices, as far as it may see them. SHA-256 over the text `tegata.dev/event/v1`, a line feed, \
         the salt and the canonical event is the commitment. `salt` is null where an event was erased. `proof` (with \
         --proofs) is a file for `tegata verify`",
    ),
    ("scans.ndjson", "how often devices that it owns were looked up: by day and place, a line a device"),
    ("reports.ndjson", "what people say who looked its devices up"),
    ("findings.ndjson", "what somebody should have looked at"),
    ("notices.ndjson", "what the platform told it by letter, and whether it was read"),
    ("tokens.ndjson", "its API tokens, without anything that would open the API"),
    ("audit.ndjson", "who did what in its name"),
];

struct Export<'a> {
    sink: Sink<'a>,
    actor: &'a Actor,
    cx: &'a Cx,
    /// Whether events carry their proofs.
    proofs: bool,
    products: HashMap<ProductRow, Uuid>,
    batches: HashMap<BatchRow, Uuid>,
}

/// Writes everything that the actor may see.
pub async fn write(sink: Sink<'_>, proofs: bool, actor: &Actor, cx: &Cx) -> Result<()> {
    let mut export = Export { sink, actor, cx, proofs, products: HashMap::new(), batches: HashMap::new() };
    export.organisation().await?;
    export.products().await?;
    export.batches().await?;
    export.devices().await?;
    export.findings().await?;
    export.notices().await?;
    export.tokens().await?;
    export.audit().await
}

fn pem(view: &mut Value, der: &[u8]) {
    view["certificate"] = platform::pem(der).into();
}

impl Export<'_> {
    fn line(&mut self, file: &'static str, value: &Value) -> Result<()> {
        (self.sink)(file, value)
            .map_err(|e| Error::new(Kind::Unavailable, "local", format!("cannot write {file}: {e}; nothing was kept")))
    }

    async fn organisation(&mut self) -> Result<()> {
        let own = tegata_usecase::organisation::own(self.actor, self.cx).await?;
        let contact = tegata_usecase::notice::contact(self.actor, self.cx).await?;
        let mut view = organisation::view(&own);
        view["mail"] = json!(contact.map(|contact| contact.mail));
        self.line("organisation.ndjson", &view)?;
        for authority in export::authorities(self.actor, self.cx).await? {
            let mut view = json!({
                "id": authority.uid, "kind": authority.kind, "created_at": authority.created_at.rfc3339(),
            });
            pem(&mut view, &authority.certificate);
            self.line("authorities.ndjson", &view)?;
        }
        Ok(())
    }

    async fn products(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = tegata_usecase::product::list(after, PAGE, self.actor, self.cx).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.row.0;
            for p in &page {
                self.products.insert(p.row, p.uid);
                self.line("products.ndjson", &product::view(p))?;
            }
        }
    }

    async fn batches(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = tegata_usecase::batch::list(after, PAGE, self.actor, self.cx).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.row.0;
            for b in &page {
                self.batches.insert(b.row, b.uid);
                let mut view = batch::view(b);
                view["product"] = json!(self.products.get(&b.product));
                self.line("batches.ndjson", &view)?;
            }
        }
    }

    async fn devices(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = tegata_usecase::device::list(after, PAGE, self.actor, self.cx).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.device.row.0;
            for seen in &page {
                self.device(seen).await?;
                self.events(seen).await?;
                self.scans(seen).await?;
                self.reports(seen).await?;
            }
        }
    }

    async fn device(&mut self, seen: &Seen) -> Result<()> {
        let mut view = json!(device::view(seen));
        view["batch"] = json!(self.batches.get(&seen.device.batch));
        let mut certificates = Vec::new();
        for pair in tegata_usecase::device::certificates(seen.number, self.actor, self.cx).await? {
            let mut view = device::read::certificate(&pair);
            pem(&mut view, &pair.1.der);
            certificates.push(view);
        }
        view["certificates"] = certificates.into();
        self.line("devices.ndjson", &view)
    }

    async fn events(&mut self, seen: &Seen) -> Result<()> {
        let mut after = 0;
        loop {
            let page = export::life(seen.number, (after, PAGE), self.actor, self.cx).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.event.sequence;
            for told in page {
                let sequence = told.event.sequence;
                let mut view = device::events::view(&(told.event, told.index));
                view["number"] = seen.number.to_string().into();
                view["previous"] = data_encoding::HEXLOWER.encode(&told.previous).into();
                view["salt"] = json!(told.salt.map(|salt| data_encoding::HEXLOWER.encode(&salt)));
                if self.proofs {
                    view["proof"] = self.proof(seen, sequence).await?;
                }
                self.line("events.ndjson", &view)?;
            }
        }
    }

    /// Null where an event was erased, or is under no published checkpoint yet.
    async fn proof(&self, seen: &Seen, sequence: u32) -> Result<Value> {
        match ledger::prove(seen.number, sequence, self.actor, self.cx).await {
            Ok(proof) => Ok(proof.text.into()),
            Err(e) if e.kind == Kind::NotYet || e.code == "erased" => Ok(Value::Null),
            Err(e) => Err(e),
        }
    }

    /// Of those that it owns: the counts are the present owner's.
    async fn scans(&mut self, seen: &Seen) -> Result<()> {
        if seen.owner.is_none() {
            return Ok(());
        }
        let counted = tegata_usecase::scan::of(seen.number, self.actor, self.cx).await?;
        if counted.all.is_none() && counted.counts.is_empty() {
            return Ok(());
        }
        let mut view = scan::view(&counted);
        view["number"] = seen.number.to_string().into();
        self.line("scans.ndjson", &view)
    }

    async fn reports(&mut self, seen: &Seen) -> Result<()> {
        let mut after = 0;
        loop {
            let page = tegata_usecase::report::list(seen.number, (after, PAGE), self.actor, self.cx).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.cursor;
            for told in &page {
                let mut view = report::view(&told.report);
                view["number"] = seen.number.to_string().into();
                self.line("reports.ndjson", &view)?;
            }
        }
    }

    async fn findings(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = tegata_usecase::finding::list(None, (after, PAGE), self.actor, self.cx).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.cursor;
            for seen in &page {
                let mut view = finding::view(&seen.finding);
                view["number"] = json!(seen.number.map(|number| number.to_string()));
                view["batch"] = json!(seen.finding.batch.and_then(|batch| self.batches.get(&batch)));
                self.line("findings.ndjson", &view)?;
            }
        }
    }

    async fn notices(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = tegata_usecase::notice::list(after, PAGE, self.actor, self.cx).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.row;
            for seen in &page {
                self.line("notices.ndjson", &notice::view(&seen.notice, seen.number.map(|n| n.to_string())))?;
            }
        }
    }

    async fn tokens(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = tegata_usecase::token::list(after, PAGE, self.actor, self.cx).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.row.0;
            for t in &page {
                self.line("tokens.ndjson", &token::view(t))?;
            }
        }
    }

    async fn audit(&mut self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = tegata_usecase::audit::list(after, PAGE, self.actor, self.cx).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = *last;
            for (_, entry) in &page {
                self.line("audit.ndjson", &audit::view(entry))?;
            }
        }
    }
}
