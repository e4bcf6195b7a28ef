//! Lists of the console as files: CSV for tables, JSON for programs. What a list shows, its export has, and no more.
//!
//! Invariant: a cell never begins as a formula of a table program does.

mod bulk;

use crate::desk::Desk;
use crate::product::id;
use crate::refusal;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use serde_json::{Map, Value};
use tegata_domain::campaign::Counts;
use tegata_domain::finding::FindingState;
use tegata_domain::id::Uuid;
use tegata_usecase::{Cx, Error, Result, batch, campaign, finding, notice, product, release};

/// Rows that are read at once.
const STEP: u32 = 500;
/// The most rows of a file: what is more, `tegata export` writes.
const MOST: usize = 50_000;

/// What is asked for: the form, and what the list itself takes.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(rename = "as")]
    form: Option<String>,
    state: Option<String>,
    product: Option<String>,
    bulk: Option<String>,
}

/// A table: its columns, and its rows with as many cells.
struct Table<const N: usize> {
    columns: [&'static str; N],
    rows: Vec<[String; N]>,
}

/// `GET /console/export/{table}?as=csv|json`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Path(name): Path<String>, Query(asked): Query<Asked>) -> Response {
    file(&name, &asked, &desk, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn file(name: &str, asked: &Asked, desk: &Desk, cx: &Cx) -> Result<Response> {
    let json = match asked.form.as_deref() {
        None | Some("csv") => false,
        Some("json") => true,
        Some(_) => return Err(refusal::invalid("as")),
    };
    if name == "bulk-devices" {
        let bulk = id(asked.bulk.as_deref().unwrap_or_default(), "bulk")?;
        return bulk::devices(bulk, json, desk, cx).await;
    }
    let body = match name {
        "products" => products(desk, cx).await?.write(json)?,
        "batches" => batches(desk, cx).await?.write(json)?,
        "releases" => releases(asked, desk, cx).await?.write(json)?,
        "campaigns" => campaigns(desk, cx).await?.write(json)?,
        "findings" => findings(asked, desk, cx).await?.write(json)?,
        "notices" => notices(desk, cx).await?.write(json)?,
        _ => return Err(Error::not_found("list")),
    };
    let (kind, ending) = kind(json);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{ending}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// Media type and ending.
fn kind(json: bool) -> (&'static str, &'static str) {
    if json { ("application/json", "json") } else { ("text/csv; charset=utf-8", "csv") }
}

/// A file that is written piece by piece.
struct Line {
    out: Vec<u8>,
    json: bool,
    /// Nothing stands before the next row.
    first: bool,
}

impl Line {
    fn new(columns: &[&str], json: bool, begin: bool) -> Result<Line> {
        let mut line = Line { out: Vec::new(), json, first: begin };
        match (begin, json) {
            (true, true) => line.out.push(b'['),
            (true, false) => line.record(columns.iter().map(|name| (*name).to_owned()))?,
            (false, _) => {}
        }
        Ok(line)
    }

    fn record(&mut self, cells: impl Iterator<Item = String>) -> Result<()> {
        let failed = |e: csv::Error| Error::internal(e.to_string());
        let mut out = csv::Writer::from_writer(&mut self.out);
        out.write_record(cells.map(String::into_bytes)).map_err(failed)?;
        out.flush().map_err(|e| Error::internal(e.to_string()))
    }

    fn row(&mut self, columns: &[&str], cells: &[String]) -> Result<()> {
        if !self.json {
            return self.record(cells.iter().map(|text| cell(text)));
        }
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
        let members = columns.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), cell.clone().into()));
        self.out.extend(Value::Object(members.collect::<Map<_, _>>()).to_string().bytes());
        Ok(())
    }

    fn end(mut self, last: bool) -> Result<Vec<u8>> {
        if last && self.json {
            self.out.push(b']');
        }
        Ok(self.out)
    }
}

/// A cell as a table program takes it for text (CWE-1236).
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

impl<const N: usize> Table<N> {
    fn write(&self, json: bool) -> Result<Vec<u8>> {
        let mut line = Line::new(&self.columns, json, true)?;
        for row in &self.rows {
            line.row(&self.columns, row)?;
        }
        line.end(true)
    }
}

/// Reads a list to its end, page by page: from a row on, the rows of the next page with their own.
async fn whole<T, F>(mut page: impl FnMut(i64) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<Vec<(i64, T)>>>,
{
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let next = page(after).await?;
        let ended = next.len() < STEP as usize;
        for (row, one) in next {
            after = row;
            all.push(one);
        }
        if all.len() > MOST {
            return Err(refusal::invalid("too_many.rows"));
        }
        if ended {
            return Ok(all);
        }
    }
}

fn or_nothing(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

async fn products(desk: &Desk, cx: &Cx) -> Result<Table<7>> {
    let row = |one: tegata_domain::product::Product| {
        let at = one.created_at.rfc3339();
        let (end, contact) = (one.support_end.to_string(), one.contact.unwrap_or_default());
        (one.row.0, [one.uid.to_string(), one.name, one.model, one.gtin, end, contact, at])
    };
    let page = |after| async move {
        Ok(product::list(after, STEP, desk.visitor.actor(), cx).await?.into_iter().map(row).collect())
    };
    let columns = ["id", "name", "model", "gtin", "support_end", "contact", "created_at"];
    Ok(Table { columns, rows: whole(page).await? })
}

async fn batches(desk: &Desk, cx: &Cx) -> Result<Table<7>> {
    let page = |after| async move {
        let all = batch::list_with_products(after, STEP, desk.visitor.actor(), cx).await?;
        let row = |(one, product): (tegata_domain::batch::Batch, std::sync::Arc<tegata_domain::product::Product>)| {
            let cells = [
                one.uid.to_string(),
                product.model.clone(),
                one.quantity.to_string(),
                one.issued.to_string(),
                one.valid_from.rfc3339(),
                one.valid_until.rfc3339(),
                one.created_at.rfc3339(),
            ];
            (one.row.0, cells)
        };
        Ok(all.into_iter().map(row).collect())
    };
    let columns = ["id", "model", "quantity", "made", "valid_from", "valid_until", "created_at"];
    Ok(Table { columns, rows: whole(page).await? })
}

async fn releases(asked: &Asked, desk: &Desk, cx: &Cx) -> Result<Table<8>> {
    let of: Option<Uuid> = asked.product.as_deref().map(|text| id(text, "product")).transpose()?;
    let page = |after| async move {
        let all = release::list_with_products(of, (after, STEP), desk.visitor.actor(), cx).await?;
        let row = |(published, product): crate::page::release::Of| {
            let one = &published.release;
            let digest = one.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
            let cells = [
                one.uid.to_string(),
                product.model.clone(),
                one.version.clone(),
                one.security_version.to_string(),
                one.remedy.to_string(),
                one.size.to_string(),
                digest,
                one.created_at.rfc3339(),
            ];
            (one.row.0, cells)
        };
        Ok(all.into_iter().map(row).collect())
    };
    let columns = ["id", "model", "version", "security_version", "remedy", "size", "sha256", "created_at"];
    Ok(Table { columns, rows: whole(page).await? })
}

async fn campaigns(desk: &Desk, cx: &Cx) -> Result<Table<11>> {
    use tegata_domain::action::ActionState::{Done, Failed, Overdue};
    let row = |one: campaign::Progress| {
        let counts = one.groups.iter().fold(Counts::default(), |sum, group| sum + group.counts);
        let c = &one.campaign;
        let cells = [
            c.uid.to_string(),
            one.of.model.clone(),
            one.release.version.clone(),
            c.state.name().to_owned(),
            or_nothing(c.targets),
            counts.of(Done).to_string(),
            counts.of(Failed).to_string(),
            counts.of(Overdue).to_string(),
            c.reason.clone().unwrap_or_default(),
            c.created_at.rfc3339(),
            or_nothing(c.ended_at.map(|at| at.rfc3339())),
        ];
        (c.row.0, cells)
    };
    let page = |after| async move {
        Ok(campaign::list(after, STEP, desk.visitor.actor(), cx).await?.into_iter().map(row).collect())
    };
    let columns = [
        "id",
        "model",
        "version",
        "state",
        "targets",
        "updated",
        "failed",
        "silent",
        "reason",
        "created_at",
        "ended_at",
    ];
    Ok(Table { columns, rows: whole(page).await? })
}

async fn findings(asked: &Asked, desk: &Desk, cx: &Cx) -> Result<Table<8>> {
    let state = asked.state.as_deref().and_then(FindingState::by_name).unwrap_or(FindingState::Open);
    let row = |one: finding::Seen| {
        let (closed_at, reason) = one.finding.closed.unzip();
        let cells = [
            one.finding.uid.to_string(),
            one.finding.kind,
            one.finding.level.to_string(),
            or_nothing(one.number),
            one.finding.at.rfc3339(),
            one.finding.data.to_string(),
            or_nothing(closed_at.map(|at| at.rfc3339())),
            reason.unwrap_or_default(),
        ];
        (one.cursor, cells)
    };
    let page = |after| async move {
        let all = finding::list(Some(state), (after, STEP), desk.visitor.actor(), cx).await?;
        Ok(all.into_iter().map(row).collect())
    };
    let columns = ["id", "kind", "level", "number", "at", "data", "closed_at", "reason"];
    Ok(Table { columns, rows: whole(page).await? })
}

async fn notices(desk: &Desk, cx: &Cx) -> Result<Table<6>> {
    let row = |one: notice::Seen| {
        let cells = [
            one.notice.uid.to_string(),
            one.notice.kind.name().to_owned(),
            or_nothing(one.number),
            one.notice.state().to_owned(),
            one.notice.at.rfc3339(),
            or_nothing(one.notice.receipt_at.map(|at| at.rfc3339())),
        ];
        (one.row, cells)
    };
    let page = |after| async move {
        Ok(notice::list(after, STEP, desk.visitor.actor(), cx).await?.into_iter().map(row).collect())
    };
    let columns = ["id", "kind", "number", "state", "at", "receipt_at"];
    Ok(Table { columns, rows: whole(page).await? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_stay_text() {
        let table = Table { columns: ["a", "b"], rows: vec![["=1+1".into(), "x,\"y\"\n".into()]] };
        let text = |json| String::from_utf8(table.write(json).unwrap()).unwrap();
        assert_eq!(text(false), "a,b\n'=1+1,\"x,\"\"y\"\"\n\"\n");
        assert_eq!(text(true), "[{\"a\":\"=1+1\",\"b\":\"x,\\\"y\\\"\\n\"}]");
        for (given, shown) in [("+81", "'+81"), ("-1", "'-1"), ("@a", "'@a"), ("\tx", "'\tx"), ("a=b", "a=b"), ("", "")]
        {
            assert_eq!(cell(given), shown);
        }
    }
}
