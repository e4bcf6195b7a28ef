//! From hand to hand: who may, what opens, who sees what, and that neither side is robbed.

use crate::world::{World, day};
use tegata_domain::event::EventKind;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::organisation::OrganisationKind::{Household, Operator};
use tegata_domain::permit::Actor;
use tegata_keys::request::request;
use tegata_usecase::certificate::identify;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act, by_number, certificates, events};
use tegata_usecase::enrolment::enrol;
use tegata_usecase::ledger::{prove, sequence};
use tegata_usecase::transfer::{Offered, Offering, cancel, claim, offer};
use tegata_usecase::{Error, Kind, Result};

fn refusal<T>(outcome: Result<T, Error>) -> (Kind, &'static str) {
    let error = outcome.err().expect("it was allowed");
    (error.kind, error.code)
}

const UNKNOWN: (Kind, &str) = (Kind::NotFound, "code");
const NOT_FOUND: (Kind, &str) = (Kind::NotFound, "not_found");

async fn offered(world: &World, number: Number, from: &Actor) -> Offered {
    offer(number, Offering::default(), from, world.cx()).await.unwrap()
}

async fn doing(world: &World, number: Number, what: Act, who: &Actor) -> Result<()> {
    act(number, what, Saying::default(), who, world.cx()).await.map(|_| ())
}

async fn kinds(world: &World, number: Number, who: &Actor) -> Vec<(u32, &'static str)> {
    let all = events(number, (0, 3), who, world.cx()).await.unwrap();
    let mut seen: Vec<_> = all.iter().map(|(e, _)| (e.sequence, e.kind.name())).collect();
    // in pages, as a program reads them
    while let Some((last, _)) = seen.last().copied().filter(|_| seen.len() % 3 == 0) {
        let more = events(number, (last, 3), who, world.cx()).await.unwrap();
        if more.is_empty() {
            break;
        }
        seen.extend(more.iter().map(|(e, _)| (e.sequence, e.kind.name())));
    }
    seen
}

#[tokio::test]
async fn a_household_takes_a_device_over_and_enrols_anew() {
    let world = World::new().await;
    let cx = world.cx();
    let (key, made, number) = world.one().await;
    let (_, clinic) = world.enter("Clinic", Operator).await;
    let (_, home) = world.enter("Home", Household).await;
    world.hand_over(number, &world.maker(), &clinic).await;
    let csr = request(&key).unwrap();
    let idevid = identify(&made.certificate, cx).await.unwrap();
    let old = enrol(&csr, idevid, false, cx).await.unwrap();
    doing(&world, number, Act::Quarantine, &clinic).await.unwrap();
    doing(&world, number, Act::Release, &clinic).await.unwrap();
    let said = Offering { reason: Some("the old pump of ward 3".into()), ..Offering::default() };
    let code = offer(number, said, &clinic, cx).await.unwrap().code;
    let open = identify(&old.certificate, cx).await.unwrap();
    let claimed = claim(&code.to_lowercase().replace('-', ""), &home, cx).await.unwrap();
    assert_eq!((claimed.number, claimed.device.period), (number, 2));
    assert_eq!(claimed.reason.as_deref(), Some("the old pump of ward 3"));
    // the old operational certificate opens nothing, not even where a connection was open
    assert_eq!(refusal(identify(&old.certificate, cx).await), (Kind::Denied, "certificate"));
    assert_eq!(refusal(enrol(&csr, open, true, cx).await), (Kind::Denied, "certificate"));
    let idevid = identify(&made.certificate, cx).await.unwrap();
    let new = enrol(&csr, idevid, false, cx).await.unwrap();
    let operational = identify(&new.certificate, cx).await.unwrap().certificate;
    assert_eq!(operational.period, 2);
    let ldevid = tegata_domain::authority::AuthorityKind::Ldevid;
    let shared = cx.store.authority().of(ldevid, tegata_domain::id::OrganisationRow(1)).await.unwrap();
    assert_eq!(Some(operational.authority), shared.map(|a| a.row), "the shared home authority");
}

#[tokio::test]
async fn each_sees_its_own_part_of_the_life() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (key, made, number) = world.one().await;
    let (_, first) = world.enter("First", Operator).await;
    let (_, last) = world.enter("Last", Household).await;
    let words = Saying { reason: Some("boxed by hand".into()), ..Saying::default() };
    act(number, Act::Ship, words, &maker, cx).await.unwrap(); // 2
    world.hand_over(number, &maker, &first).await; // 3
    let idevid = identify(&made.certificate, cx).await.unwrap();
    enrol(&request(&key).unwrap(), idevid, false, cx).await.unwrap(); // 4 installed, 5 enrolled
    doing(&world, number, Act::Quarantine, &first).await.unwrap(); // 6
    doing(&world, number, Act::Release, &first).await.unwrap(); // 7
    world.hand_over(number, &first, &last).await; // 8
    doing(&world, number, Act::Repair, &last).await.unwrap(); // 9
    sequence(Log::Devices, cx).await.unwrap();
    let stamped = [(1, "made"), (2, "shipped"), (3, "transferred"), (4, "installed")];
    assert_eq!(kinds(&world, number, &maker).await, stamped);
    let own = [(8, "transferred"), (9, "repaired")];
    assert_eq!(kinds(&world, number, &last).await, [stamped.to_vec(), own.to_vec()].concat());
    assert_eq!(refusal(events(number, (0, 9), &first, cx).await), NOT_FOUND);
    // the maker's words are the maker's
    let shipped = |who| async move { events(number, (1, 1), who, cx).await.unwrap().remove(0).0 };
    assert_eq!(shipped(&maker).await.data["reason"], "boxed by hand");
    assert!(shipped(&last).await.data.is_null());
    let proves = |sequence, who| async move { prove(number, sequence, who, cx).await.map(|_| ()) };
    for (sequence, who, expect) in [
        (2, &maker, None),
        (2, &last, Some((Kind::Denied, "words"))),
        (3, &maker, None),
        (4, &last, None),
        (5, &maker, Some(NOT_FOUND)),
        (5, &last, Some(NOT_FOUND)),
        (6, &last, Some(NOT_FOUND)),
        (8, &maker, Some(NOT_FOUND)),
        (9, &last, None),
        (1, &first, Some(NOT_FOUND)),
    ] {
        assert_eq!(proves(sequence, who).await.err().map(|e| (e.kind, e.code)), expect, "event {sequence}");
    }
    // certificates: the one from manufacture, and those of one's own periods
    let count = |who| async move { certificates(number, who, cx).await.map(|all| all.len()) };
    assert_eq!((count(&maker).await.unwrap(), count(&last).await.unwrap()), (1, 1));
    assert_eq!(refusal(count(&first).await), NOT_FOUND);
    // that there is another owner, not who
    let seen = by_number(number, &maker, cx).await.unwrap();
    assert_eq!((seen.device.period, seen.owner), (2, None));
    world.hand_over(number, &last, &first).await; // 10
    let again = kinds(&world, number, &first).await;
    assert!(again.contains(&(6, "quarantined")) && !again.contains(&(9, "repaired")), "{again:?}");
}

#[tokio::test]
async fn findings_go_out_of_sight_with_the_device() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let ticket = world.ticket(2).await;
    let mut made = world.make(&ticket, &["A".to_owned(), "B".to_owned()]).await;
    let (other, _) = made.pop().unwrap();
    let mine = made.pop().unwrap().1.unwrap();
    let number = Number::parse(&mine.number).unwrap();
    let (_, first) = world.enter("First", Operator).await;
    world.hand_over(number, &maker, &first).await;
    let credential = identify(&mine.certificate, cx).await.unwrap();
    assert!(enrol(&request(&other).unwrap(), credential, false, cx).await.is_err(), "another's key");
    let found = |who| async move { tegata_usecase::finding::list(None, (0, 10), who, cx).await.unwrap().len() };
    assert_eq!((found(&first).await, found(&maker).await), (1, 0));
    let (_, last) = world.enter("Last", Household).await;
    world.hand_over(number, &first, &last).await;
    assert_eq!((found(&first).await, found(&last).await, found(&maker).await), (0, 0, 0));
}

#[tokio::test]
async fn codes_that_open_nothing() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (_, _, number) = world.one().await;
    let (organisation, clinic) = world.enter("Clinic", Operator).await;
    let (_, home) = world.enter("Home", Household).await;
    let takes = |code: &str, who| {
        let code = code.to_owned();
        async move { claim(&code, who, cx).await.map(|_| ()) }
    };
    assert_eq!(refusal(takes("0000-0000-0000-0000", &home).await), UNKNOWN, "a wrong one");
    assert_eq!(refusal(takes("nonsense", &home).await), (Kind::Invalid, "code"));
    let replaced = offered(&world, number, &maker).await.code;
    let taken_back = offered(&world, number, &maker).await.code;
    assert_eq!(refusal(takes(&replaced, &home).await), UNKNOWN);
    cancel(number, &maker, cx).await.unwrap();
    cancel(number, &maker, cx).await.unwrap();
    assert_eq!(refusal(takes(&taken_back, &home).await), UNKNOWN);
    let old = offered(&world, number, &maker).await.code;
    world.clock.pass(day(7));
    assert_eq!(refusal(takes(&old, &home).await), (Kind::Conflict, "expired"));
    let to = Offering { to: Some(organisation.uid), ..Offering::default() };
    let addressed = offer(number, to.clone(), &maker, cx).await.unwrap().code;
    assert_eq!(refusal(takes(&addressed, &home).await), UNKNOWN, "for somebody else");
    assert_eq!(refusal(takes(&addressed, &maker).await), (Kind::Conflict, "own"));
    doing(&world, number, Act::Quarantine, &maker).await.unwrap();
    assert_eq!(refusal(takes(&addressed, &clinic).await), (Kind::Conflict, "life"), "quarantined");
    assert_eq!(refusal(offer(number, to.clone(), &maker, cx).await), (Kind::Conflict, "life"));
    doing(&world, number, Act::Release, &maker).await.unwrap();
    takes(&addressed, &clinic).await.unwrap();
    assert_eq!(refusal(takes(&addressed, &clinic).await), UNKNOWN, "used");
    assert_eq!(refusal(offer(number, to, &clinic, cx).await), (Kind::Invalid, "to"), "to itself");
    let nobody = Offering { to: Some(tegata_domain::id::Uuid::nil()), ..Offering::default() };
    assert_eq!(refusal(offer(number, nobody, &clinic, cx).await), (Kind::Invalid, "to"));
}

#[tokio::test]
async fn hands_off_before_and_after() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (_, _, number) = world.one().await;
    let (_, first) = world.enter("First", Operator).await;
    let (_, last) = world.enter("Last", Household).await;
    world.hand_over(number, &maker, &first).await;
    let code = offered(&world, number, &first).await.code;
    // who has the code owns nothing before it is used
    for what in [Act::Quarantine, Act::Retire, Act::Install] {
        assert_eq!(refusal(doing(&world, number, what, &last).await), NOT_FOUND);
    }
    assert_eq!(refusal(by_number(number, &last, cx).await), NOT_FOUND);
    assert_eq!(refusal(cancel(number, &last, cx).await), NOT_FOUND);
    // until then the old owner acts
    doing(&world, number, Act::Install, &first).await.unwrap();
    claim(&code, &last, cx).await.unwrap();
    for what in [Act::Quarantine, Act::Retire, Act::Release] {
        assert_eq!(refusal(doing(&world, number, what, &first).await), NOT_FOUND);
    }
    assert_eq!(refusal(by_number(number, &first, cx).await), NOT_FOUND);
    assert_eq!(refusal(offer(number, Offering::default(), &first, cx).await), NOT_FOUND);
    assert_eq!(refusal(offer(number, Offering::default(), &maker, cx).await), (Kind::Denied, "not_yours"));
    assert_eq!(refusal(doing(&world, number, Act::Retire, &maker).await), (Kind::Denied, "not_yours"));
    let life = events(number, (0, 99), &last, cx).await.unwrap();
    assert!(life.iter().filter(|(e, _)| e.kind == EventKind::Transferred).all(|(e, _)| !e.has_words()));
}

#[tokio::test]
async fn of_two_claims_at_one_moment_one_wins() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (_, _, number) = world.one().await;
    let (_, first) = world.enter("First", Operator).await;
    let (_, last) = world.enter("Last", Household).await;
    let code = offered(&world, number, &maker).await.code;
    let claims = (0..8).map(|i| {
        let (cx, code, who) = (cx.clone(), code.clone(), if i % 2 == 0 { first.clone() } else { last.clone() });
        tokio::spawn(async move { claim(&code, &who, &cx).await.map(|c| c.device.owner) })
    });
    let claims: Vec<_> = claims.collect();
    let (mut won, mut lost) = (Vec::new(), 0);
    for claim in claims {
        match claim.await.unwrap() {
            Ok(owner) => won.push(owner),
            Err(e) => {
                assert_eq!((e.kind, e.code), UNKNOWN);
                lost += 1;
            }
        }
    }
    assert_eq!((won.len(), lost), (1, 7));
    let seen = by_number(number, if won[0] == member(&first) { &first } else { &last }, cx).await.unwrap();
    assert_eq!((seen.device.period, seen.device.sequence), (1, 2));
}

fn member(actor: &Actor) -> tegata_domain::id::OrganisationRow {
    match actor {
        Actor::Member(member) => member.organisation,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn guessing_is_slow() {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (_, _, number) = world.one().await;
    let (_, home) = world.enter("Home", Household).await;
    let (_, other) = world.enter("Other", Household).await;
    for _ in 0..20 {
        assert_eq!(refusal(claim("0000-0000-0000-0000", &home, cx).await), UNKNOWN);
    }
    let code = offered(&world, number, &maker).await.code;
    assert_eq!(refusal(claim(&code, &home, cx).await), (Kind::Throttled, "too_many"), "also with the right code");
    assert_eq!(refusal(claim("0000-0000-0000-0000", &other, cx).await), UNKNOWN, "each for itself");
    world.clock.pass(std::time::Duration::from_secs(600));
    assert!(claim(&code, &home, cx).await.is_ok());
}
