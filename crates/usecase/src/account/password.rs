//! Changes one's own password.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::login::{Attempt, Visitor, confirm};
use tegata_domain::account::Account;
use tegata_domain::chance;
use tegata_domain::change::{Change, Write};
use tegata_domain::permit::Operation;
use tegata_domain::person::PersonWrite;
use tegata_keys::password::{MAX, MIN, Weak, judge};

/// Whether a password can be taken for an account of this name.
pub fn check(name: &str, password: &str) -> Result<()> {
    judge(password, name).map_err(|weak| match weak {
        Weak::Short | Weak::Long => {
            Error::invalid("password_length", format!("a password has {MIN} to {MAX} characters; a few words are well"))
        }
        Weak::Login | Weak::Common => Error::invalid("password_easy", format!("{weak}; take a few words of your own")),
    })
}

/// The hash of a password, in turn with others.
pub(crate) async fn hashed(password: &str, cx: &Inner) -> Result<String> {
    let (password, salt) = (password.to_owned(), chance::bytes(&*cx.chance));
    Ok(cx.logins.hashing(move || tegata_keys::password::hash(&password, &salt)).await??)
}

/// Changes it; whoever has one says it first. All other logins of the person end.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "account::password", skip_all)]
pub async fn change((present, next): (&str, &str), visitor: &Visitor, attempt: Attempt<'_>, cx: &Inner) -> Result<()> {
    check(&visitor.account.name, next)?;
    match visitor.account.password_hash {
        Some(_) => confirm(present, visitor, attempt, cx).await?,
        None => visitor.fresh(cx)?,
    }
    let now = cx.now()?;
    let hash = Some(hashed(next, cx).await?);
    let account = Account { password_hash: hash, changed_at: now, ..visitor.account.clone() };
    let row = account.row;
    let writes = [
        PersonWrite::AccountChange { decided_on: account.version, account: Box::new(account) },
        PersonWrite::LoginsEnd { account: row, organisation: None, but: Some(visitor.login.row), at: now },
    ];
    let change = Change::of(visitor.account.uid.to_string(), writes.map(Write::Person).into());
    Ok(cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, now).await?)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_is_short_or_easy_is_refused() {
        for wrong in ["short", "aaaaaaaaaaaa", "admin-admin-1", &"x1y2z".repeat(60), "abababababab"] {
            assert!(check("admin", wrong).is_err(), "{wrong}");
        }
        assert!(check("admin", "three horses drink").is_ok());
        assert!(check("admin", "手形は関所で見せる通行証です").is_ok());
    }
}
