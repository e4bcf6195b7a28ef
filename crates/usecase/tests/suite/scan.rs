//! Look-ups are counted coarsely, are an alarm in too many places, and belong to who owns the device.

use crate::behind::{Behind, traces};
use crate::world::{World, day};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::finding::FindingState;
use tegata_domain::id::DeviceRow;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::organisation::OrganisationKind::{Household, Operator};
use tegata_domain::permit::Actor;
use tegata_domain::scan::{Place, Seen, Tally};
use tegata_outside::country::Countries;
use tegata_usecase::cx::Settings;
use tegata_usecase::lookup::{self, Answer, Visitor};
use tegata_usecase::scan::{self, exempt, flush, sweep};
use tegata_usecase::{Cx, Kind, finding, ledger};

/// Four countries, of which 1.0.0.0/24 and its neighbours are.
const COUNTRIES: &str = "16777216,16777471,AU\n16777472,16777727,CN\n16777728,16777983,JP\n16777984,16778239,DE\n";

/// A world whose platform knows countries.
async fn abroad() -> World {
    let countries = Arc::new(Countries::parse(COUNTRIES).unwrap());
    let lookup = scan::Settings { countries, ..Default::default() };
    World::with(Settings { lookup, ..Default::default() }).await
}

fn from(address: &str) -> Visitor {
    Visitor { address: address.parse().unwrap(), counts: true }
}

async fn look(number: Number, address: &str, cx: &Cx) -> Seen {
    lookup::visit(number, from(address), cx).await.unwrap().seen
}

async fn kinds(actor: &Actor, cx: &Cx) -> Vec<String> {
    let all = finding::list(Some(FindingState::Open), (0, 100), actor, cx).await.unwrap();
    all.into_iter().map(|f| f.finding.kind).collect()
}

#[tokio::test]
async fn a_network_counts_once_a_day_and_what_was_before_is_told() {
    let world = abroad().await;
    let (_, _, number) = world.one().await;
    let open = world.cx();
    let row = DeviceRow(open.numbers.row(number).unwrap());
    let first = tegata_domain::scan::Day::of(open.now().unwrap());
    let tally = |since, countries| Seen::Again(Tally { first, since, countries });
    assert_eq!(look(number, "1.0.2.7", open).await, Seen::First);
    assert_eq!(look(number, "1.0.2.7", open).await, tally(0, 1), "in memory still");
    assert_eq!(flush(open).await.unwrap(), 1);
    assert_eq!(look(number, "1.0.2.7", open).await, tally(0, 1), "the same network on the same day");
    look(number, "1.0.3.9", open).await;
    assert_eq!(look(number, "1.0.3.9", open).await, tally(1, 2));
    flush(open).await.unwrap();
    world.clock.pass(day(1));
    assert_eq!(look(number, "1.0.2.7", open).await, tally(1, 2));
    assert_eq!(look(number, "192.0.2.1", open).await, tally(2, 2), "from nowhere that is known");
    flush(open).await.unwrap();
    let counted = scan::of(number, &world.maker(), open).await.unwrap();
    let places: Vec<_> = counted.counts.iter().map(|c| (c.day.0 - first.0, c.place.name(), c.count)).collect();
    let told = |day, name: &str, count| (day, name.to_owned(), count);
    assert_eq!(places, [told(0, "DE", 1), told(0, "JP", 1), told(1, "--", 1), told(1, "JP", 1)]);
    assert_eq!((counted.all.unwrap().total, flush(open).await.unwrap()), (4, 0));
    // what nobody saw
    let ahead = Visitor { counts: false, ..from("1.0.0.1") };
    lookup::visit(number, ahead, open).await.unwrap();
    lookup::find(number, open).await.unwrap();
    assert_eq!((open.scans.filled().waiting, flush(open).await.unwrap()), (0, 0));
    assert_eq!(open.store.scan().of_device(row).await.unwrap().unwrap().total, 4);
}

#[tokio::test]
async fn no_address_is_kept() {
    let mut world = abroad().await;
    let (_, _, number) = world.one().await;
    let addresses = ["1.0.2.77", "2001:db8:aaaa:bbbb::77"];
    for address in addresses {
        look(number, address, world.cx()).await;
    }
    flush(world.cx()).await.unwrap();
    world.close();
    let raw: Vec<Vec<u8>> = addresses
        .iter()
        .map(|a| match a.parse().unwrap() {
            IpAddr::V4(a) => a.octets().to_vec(),
            IpAddr::V6(a) => a.octets()[..8].to_vec(),
        })
        .collect();
    assert_eq!(traces(&world.data, &addresses), []);
    let rows = Behind::of(&world.data).await.rows("scan").await.concat();
    for raw in raw {
        assert!(!rows.contains(&data_encoding::HEXLOWER.encode(&raw)), "{rows}");
    }
}

#[tokio::test]
async fn without_countries_a_place_is_a_group_that_changes_with_the_week() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let cx = world.cx();
    for week in 0..2 {
        for address in ["192.0.2.1", "192.0.99.1", "198.51.100.1", "2001:db8::1"] {
            look(number, address, cx).await;
        }
        flush(cx).await.unwrap();
        world.clock.pass(day(7));
        let counted = scan::of(number, &world.maker(), cx).await.unwrap();
        assert!(counted.counts.iter().all(|c| matches!(c.place, Place::Group(_))), "week {week}");
    }
    let counted = scan::of(number, &world.maker(), cx).await.unwrap();
    let of_day = |at: i64| {
        let first = counted.counts[0].day.0;
        counted.counts.iter().filter(|c| c.day.0 == first + at).map(|c| (c.place, c.count)).collect::<Vec<_>>()
    };
    assert_eq!(of_day(0).iter().map(|(_, count)| count).sum::<u32>(), 4);
    assert!(of_day(0).len() <= 3, "192.0.2.1 and 192.0.99.1 are of one group");
    assert_ne!(of_day(0), of_day(7), "other names");
    assert!(counted.all.unwrap().countries.is_empty());
}

/// Looks the number up from these countries, and lets a day pass.
async fn a_day(number: Number, nets: &[u8], world: &World, cx: &Cx) {
    for net in nets {
        look(number, &format!("1.0.{net}.{net}"), cx).await;
    }
    flush(cx).await.unwrap();
    world.clock.pass(day(1));
}

#[tokio::test]
async fn too_many_places_are_an_alarm_once() {
    let world = abroad().await;
    let (_, _, number) = world.one().await;
    let open = world.cx();
    let maker = world.maker();
    for _ in 0..5 {
        a_day(number, &[0, 1, 2, 3], &world, open).await;
    }
    assert_eq!(kinds(&maker, open).await, Vec::<String>::new(), "five days are a journey");
    a_day(number, &[0, 1, 2, 3], &world, open).await;
    assert_eq!(kinds(&maker, open).await, ["code_in_many_places"]);
    assert!(matches!(look(number, "1.0.2.7", open).await, Seen::Many(Tally { countries: 4, .. })));
    let found = finding::list(None, (0, 10), &maker, open).await.unwrap().remove(0).finding;
    assert_eq!(found.data, serde_json::json!({ "countries": 4, "groups": 0, "days": 6, "lookups": 24 }));
    assert_eq!(found.level, 4);
    // somebody looked at it: it is no news any more while it goes on
    finding::close(found.uid, "a fair", &maker, open).await.unwrap();
    for _ in 0..3 {
        a_day(number, &[0, 1, 2, 3], &world, open).await;
    }
    assert_eq!(kinds(&maker, open).await, Vec::<String>::new());
    // it is over, and begins anew
    world.clock.pass(day(31));
    a_day(number, &[2], &world, open).await;
    assert!(matches!(look(number, "1.0.2.8", open).await, Seen::Again(_)));
    for _ in 0..6 {
        a_day(number, &[0, 1, 2, 3], &world, open).await;
    }
    assert_eq!(kinds(&maker, open).await, ["code_in_many_places"]);
}

#[tokio::test]
async fn a_code_on_show_is_no_alarm() {
    let world = abroad().await;
    let (_, _, number) = world.one().await;
    let open = world.cx();
    let maker = world.maker();
    for _ in 0..6 {
        a_day(number, &[0, 1, 2, 3], &world, open).await;
    }
    assert_eq!(kinds(&maker, open).await, ["code_in_many_places"]);
    let until = open.now().unwrap().plus(day(30));
    assert_eq!(exempt(number, Some(until), &maker, open).await.unwrap(), Some(until));
    assert_eq!(kinds(&maker, open).await, Vec::<String>::new(), "it ends what stood");
    assert!(matches!(look(number, "1.0.2.7", open).await, Seen::Again(_)));
    a_day(number, &[0, 1, 2, 3], &world, open).await;
    assert_eq!(kinds(&maker, open).await, Vec::<String>::new());
    let far = open.now().unwrap().plus(day(400));
    assert_eq!(exempt(number, Some(far), &maker, open).await.unwrap_err().code, "until");
    assert_eq!(exempt(number, None, &maker, open).await.unwrap(), None);
    a_day(number, &[0, 1, 2, 3], &world, open).await;
    assert_eq!(kinds(&maker, open).await, ["code_in_many_places"]);
}

#[tokio::test]
async fn a_claim_takes_the_counts_away_and_hides_what_comes() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (_, _, number) = world.one().await;
    let row = DeviceRow(cx.numbers.row(number).unwrap());
    look(number, "192.0.2.1", cx).await;
    flush(cx).await.unwrap();
    look(number, "192.0.2.2", cx).await;
    let (_, household) = world.enter("Sato", Household).await;
    world.hand_over(number, &maker, &household).await;
    assert_eq!(flush(cx).await.unwrap(), 0, "what waited went too");
    assert_eq!(cx.store.scan().of_device(row).await.unwrap(), None);
    assert_eq!(look(number, "192.0.2.3", cx).await, Seen::Hidden);
    flush(cx).await.unwrap();
    assert_eq!(look(number, "192.0.2.3", cx).await, Seen::Hidden);
    assert_eq!(scan::of(number, &household, cx).await.unwrap().all.unwrap().total, 1, "its owner sees it");
    assert_eq!(scan::of(number, &maker, cx).await.unwrap_err().kind, Kind::Denied);
    assert_eq!(exempt(number, None, &maker, cx).await.unwrap_err().kind, Kind::Denied, "nor says what is no alarm");
    let (_, stranger) = world.enter("Others", Operator).await;
    assert_eq!(scan::of(number, &stranger, cx).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn after_a_claim_the_alarm_is_the_owners() {
    let world = abroad().await;
    let (_, _, number) = world.one().await;
    let open = world.cx();
    let maker = world.maker();
    let (_, household) = world.enter("Sato", Household).await;
    world.hand_over(number, &maker, &household).await;
    for _ in 0..6 {
        a_day(number, &[0, 1, 2, 3], &world, open).await;
    }
    assert_eq!(kinds(&household, open).await, ["code_in_many_places"]);
    assert_eq!(kinds(&maker, open).await, Vec::<String>::new());
}

#[tokio::test]
async fn old_counts_are_forgotten() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let cx = world.cx();
    look(number, "192.0.2.1", cx).await;
    flush(cx).await.unwrap();
    world.clock.pass(day(90));
    assert_eq!(sweep(cx).await.unwrap(), 0);
    look(number, "192.0.2.1", cx).await;
    flush(cx).await.unwrap();
    world.clock.pass(day(1));
    assert_eq!(sweep(cx).await.unwrap(), 1);
    let counted = scan::of(number, &world.maker(), cx).await.unwrap();
    assert_eq!((counted.counts.len(), counted.all.unwrap().total), (1, 2), "that there were more stays known");
}

#[tokio::test]
async fn nothing_is_counted_where_that_is_off() {
    let lookup = scan::Settings { count: false, ..Default::default() };
    let world = World::with(Settings { lookup, ..Default::default() }).await;
    let (_, _, number) = world.one().await;
    let open = world.cx();
    assert_eq!(look(number, "192.0.2.1", open).await, Seen::NotCounted);
    assert_eq!((open.scans.filled().waiting, lookup::find(number, open).await.unwrap().0.seen), (0, Seen::NotCounted));
}

/// What programs are told comes from memory until the word changes.
#[tokio::test]
async fn a_kept_answer_ends_when_its_word_changes() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let cx = world.cx();
    for log in Log::ALL {
        ledger::sequence(log, cx).await.unwrap();
    }
    let ask = || async {
        if let Some((answer, _)) = lookup::known(number, cx) {
            return (true, String::from_utf8(answer.body.to_vec()).unwrap());
        }
        let (found, ticket) = lookup::find(number, cx).await.unwrap();
        let word = found.seen.name().to_owned();
        lookup::keep(ticket, &found, || Answer { tag: "t".into(), body: word.clone().into() }, cx);
        (false, word)
    };
    for _ in 0..2 {
        ask().await;
    }
    assert_eq!(ask().await, (true, "first".to_owned()));
    look(number, "192.0.2.1", cx).await;
    assert_eq!(ask().await, (true, "first".to_owned()), "not written down yet");
    flush(cx).await.unwrap();
    assert_eq!(ask().await, (false, "again".to_owned()));
    ask().await;
    assert_eq!(ask().await, (true, "again".to_owned()));
    world.clock.pass(Duration::from_secs(24 * 3600));
    look(number, "192.0.2.1", cx).await;
    flush(cx).await.unwrap();
    assert_eq!(ask().await, (true, "again".to_owned()), "a count alone changes no word");
}
