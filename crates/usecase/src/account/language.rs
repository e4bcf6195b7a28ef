//! In which language a person is spoken to.

use crate::cx::Inner;
use crate::error::Result;
use crate::login::Visitor;
use tegata_domain::account::Account;
use tegata_domain::change::{Change, Write};
use tegata_domain::notice::Language;
use tegata_domain::permit::Operation;
use tegata_domain::person::PersonWrite;

/// Sets it; the browser's own where none is named.
pub async fn speak(language: Option<Language>, visitor: &Visitor, cx: &Inner) -> Result<()> {
    let account = Account { language, ..visitor.account.clone() };
    let change = PersonWrite::AccountChange { decided_on: account.version, account: Box::new(account) };
    let change = Change::of(visitor.account.uid.to_string(), vec![Write::Person(change)]);
    Ok(cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, cx.now()?).await?)
}
