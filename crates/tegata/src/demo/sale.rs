//! From the factory to those who use the devices: shipped, handed over by claim codes, sold on.

use super::Sabotage;
use super::api::{Answer, field};
use super::crowd::all;
use super::report::{Broken, expect};
use super::story::{Owner, Player, Unit};
use serde_json::{Value, json};

/// The factory ships all.
pub fn ship(player: &Player, units: &mut [Unit]) -> Result<Value, Broken> {
    expect(!units.is_empty(), "there is no device")?;
    all("shipping", units, |unit| player.act(unit, "ship", &json!({})).map(drop))?;
    Ok(json!({ "shipped": units.len() }))
}

/// The siren and the camera of the household; all else is the operator's.
const OF_HOUSEHOLD: [usize; 2] = [3, 4];

/// A household and an operator come; they take the devices over by code. The household sells its siren on.
pub fn sell(player: &Player, units: &mut [Unit]) -> Result<Value, Broken> {
    enter(player, Owner::Household, "Household in Example Street", "household")?;
    enter(player, Owner::Operator, "Example Operations", "operator")?;
    expect(!units.is_empty(), "there is no device")?;
    let wrong = units.last().filter(|_| player.options.sabotage == Some(Sabotage::Sale)).map(|u| u.number.clone());
    let mut places: Vec<(usize, &mut Unit)> = units.iter_mut().enumerate().collect();
    all("handing over", &mut places, |(place, unit)| {
        let to = if OF_HOUSEHOLD.contains(place) { Owner::Household } else { Owner::Operator };
        let mut code = offer(player, unit)?;
        if wrong.as_ref() == Some(&unit.number) {
            code = WRONG.to_owned();
        }
        claim(player, to, &code)?.json()?;
        unit.owner = to;
        Ok(())
    })?;
    refused(&claim(player, Owner::Operator, WRONG)?)?;
    let (sold_on, used) = (OF_HOUSEHOLD[0], units.len());
    let Some(siren) = units.get_mut(sold_on) else { return Ok(json!({ "handed_over": used })) };
    let code = offer(player, siren)?;
    claim(player, Owner::Operator, &code)?.json()?;
    siren.owner = Owner::Operator;
    refused(&claim(player, Owner::Household, &code)?)?;
    let path = format!("/api/v1/devices/{}", siren.number);
    for (path, status) in [(path.clone(), 404), (format!("{path}/events"), 404)] {
        let seen = player.of(Owner::Household).get(&path)?.status;
        expect(seen == status, format!("the old owner's {path} is answered {seen}"))?;
    }
    expect(player.of(Owner::Operator).get(&path)?.status == 200, "the new owner does not see it")?;
    Ok(json!({ "handed_over": used, "sold_on": 1, "wrong_code": "refused", "used_code": "refused", "old_owner": 404 }))
}

/// A code that nobody was given.
const WRONG: &str = "0000-1111-2222-3333";

fn enter(player: &Player, owner: Owner, name: &str, kind: &str) -> Result<(), Broken> {
    let entered = player.api.post("/api/v1/organisations", &json!({ "name": name, "kinds": [kind] }))?.json()?;
    let api = player.api.bearer(&field(&entered, "token")?);
    api.post("/api/v1/contact", &json!({ "mail": format!("{kind}@example.com"), "language": "en" }))?.json()?;
    player.enter(owner, api)
}

/// The present owner offers a device; answers the code.
fn offer(player: &Player, unit: &Unit) -> Result<String, Broken> {
    field(&player.act(unit, "transfer", &json!({}))?, "code")
}

fn claim(player: &Player, to: Owner, code: &str) -> Result<Answer, Broken> {
    player.of(to).post("/api/v1/claims", &json!({ "code": code }))
}

fn refused(answer: &Answer) -> Result<(), Broken> {
    let problem = answer.problem();
    expect(answer.status >= 400 && problem == "code", format!("the code is answered {} {problem}", answer.status))
}
