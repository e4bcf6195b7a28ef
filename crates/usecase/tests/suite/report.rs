//! Reports of people who looked a device up.

use crate::world::{World, day};
use tegata_domain::device::Condition;
use tegata_domain::finding::FindingState;
use tegata_domain::number::Number;
use tegata_domain::organisation::OrganisationKind::{Household, Operator};
use tegata_domain::permit::Actor;
use tegata_domain::report::{ReportKind, Tongue};
use tegata_usecase::lookup::{self, Visitor};
use tegata_usecase::report::{Said, enter, list};
use tegata_usecase::{Kind, Result, audit, finding, scan};

const HOME: &str = "192.0.2.7";

fn said(text: &str) -> Said {
    Said { kind: ReportKind::BehavesOddly, text: text.into(), language: Tongue::Ja }
}

async fn tell(number: Number, text: &str, address: &str, world: &World) -> Result<()> {
    enter(number, said(text), address.parse().unwrap(), world.cx()).await
}

async fn open(actor: &Actor, world: &World) -> Vec<(String, u8)> {
    let all = finding::list(Some(FindingState::Open), (0, 100), actor, world.cx()).await.unwrap();
    all.into_iter().map(|f| (f.finding.kind, f.finding.level)).collect()
}

async fn waits(number: Number, world: &World) -> bool {
    let visitor = Visitor { address: HOME.parse().unwrap(), counts: false };
    let found = lookup::visit(number, visitor, world.cx()).await.unwrap();
    assert_eq!(found.condition, Condition::Well, "a report changes nothing of the device");
    found.beside.reported
}

#[tokio::test]
async fn owner_and_maker_read_it_and_nobody_else() {
    let world = World::new().await;
    let (maker, cx) = (world.maker(), world.cx());
    let (_, _, number) = world.one().await;
    let (_, household) = world.enter("Sato", Household).await;
    let (_, stranger) = world.enter("Others", Operator).await;
    world.hand_over(number, &maker, &household).await;
    assert!(!waits(number, &world).await);
    tell(number, "封が破れています。\r\n", HOME, &world).await.unwrap();
    tell(number, "It hums.", HOME, &world).await.unwrap();
    assert!(waits(number, &world).await);
    let problem = [("problem_reported".to_owned(), 3)];
    for actor in [&maker, &household] {
        assert_eq!(open(actor, &world).await, problem, "one that stands, whatever comes after");
        let all = list(number, (0, 10), actor, cx).await.unwrap();
        let texts: Vec<_> =
            all.iter().map(|told| (&*told.report.text, told.report.kind, told.report.language)).collect();
        let kind = ReportKind::BehavesOddly;
        assert_eq!(texts, [("封が破れています。", kind, Tongue::Ja), ("It hums.", kind, Tongue::Ja)]);
        assert_eq!(list(number, (all[0].cursor, 1), actor, cx).await.unwrap()[0].report.text, "It hums.");
    }
    assert_eq!(list(number, (0, 10), &stranger, cx).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(open(&stranger, &world).await, []);
    let found = finding::list(None, (0, 1), &household, cx).await.unwrap().remove(0).finding;
    assert_eq!(found.data, serde_json::json!({ "kind": "behaves_oddly" }), "no words of people in a finding");
    let told = audit::list(0, 100, &household, cx).await.unwrap();
    assert_eq!(told.iter().filter(|(_, entry)| entry.operation == "enter_report").count(), 2);
    finding::close(found.uid, "looked at", &household, cx).await.unwrap();
    let theirs = finding::list(Some(FindingState::Open), (0, 1), &maker, cx).await.unwrap().remove(0).finding;
    finding::close(theirs.uid, "looked at", &maker, cx).await.unwrap();
    assert!(!waits(number, &world).await);
}

#[tokio::test]
async fn so_many_a_day_and_no_more() {
    let world = World::new().await;
    let ticket = world.ticket(3).await;
    let made = world.make(&ticket, &["A", "B", "C"].map(str::to_owned)).await;
    let numbers: Vec<_> = made.into_iter().map(|(_, made)| Number::parse(&made.unwrap().number).unwrap()).collect();
    let refused = |outcome: Result<()>| outcome.err().map(|e| (e.kind, e.code));
    for _ in 0..3 {
        tell(numbers[0], "x", HOME, &world).await.unwrap();
    }
    let too_many = Some((Kind::Throttled, "too_many"));
    assert_eq!(refused(tell(numbers[0], "x", "198.51.100.1", &world).await), too_many, "of one device");
    tell(numbers[1], "x", HOME, &world).await.unwrap();
    tell(numbers[2], "x", HOME, &world).await.unwrap();
    assert_eq!(refused(tell(numbers[1], "x", HOME, &world).await), too_many, "from one network");
    assert_eq!(refused(tell(numbers[1], "x", "198.51.100.1", &world).await), None);
    world.clock.pass(day(1));
    for number in &numbers {
        tell(*number, "x", HOME, &world).await.unwrap();
    }
}

#[tokio::test]
async fn words_that_are_none_are_refused() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    for text in ["", " \r\n ", "\u{202e}", &"x".repeat(1001)] {
        assert_eq!(tell(number, text, HOME, &world).await.unwrap_err().code, "report", "{text:?}");
    }
    assert_eq!(open(&world.maker(), &world).await, []);
    let unknown = Number::parse("7K3M-Q9TX-2HVD-R5WE").unwrap();
    assert_eq!(tell(unknown, "x", HOME, &world).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn reports_go_with_the_claim_and_with_time() {
    let world = World::new().await;
    let (maker, cx) = (world.maker(), world.cx());
    let (_, _, number) = world.one().await;
    let count = || async { list(number, (0, 10), &maker, cx).await.unwrap().len() };
    tell(number, "x", HOME, &world).await.unwrap();
    let (_, household) = world.enter("Sato", Household).await;
    world.hand_over(number, &maker, &household).await;
    assert_eq!(count().await, 0);
    tell(number, "y", HOME, &world).await.unwrap();
    world.clock.pass(day(365));
    scan::sweep(cx).await.unwrap();
    assert_eq!(count().await, 1);
    world.clock.pass(day(1));
    scan::sweep(cx).await.unwrap();
    assert_eq!(count().await, 0);
}
