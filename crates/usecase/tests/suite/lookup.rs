//! Look-ups from memory: as long as nothing changed, and never past a change.

use crate::world::{World, day};
use tegata_domain::ledger::Log;
use tegata_domain::lookup::{self as domain, Todo};
use tegata_domain::number::Number;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act};
use tegata_usecase::ledger;
use tegata_usecase::lookup::{self, Answer};

/// How a look-up ended.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Memory(String),
    Store(String),
}

use Reply::{Memory, Store};

fn text(answer: domain::Answer, todo: Todo) -> String {
    format!("{answer:?} {todo:?}")
}

fn registered() -> String {
    text(domain::Answer::Registered, Todo::Nothing)
}

/// In the order of the edge.
async fn look_up(number: Number, world: &World) -> Reply {
    let cx = world.cx();
    if let Some((answer, now)) = lookup::known(number, cx) {
        assert_eq!(now, cx.reading().unwrap(), "the time is the present one");
        return Memory(String::from_utf8(answer.body.to_vec()).unwrap());
    }
    let (found, ticket) = lookup::find(number, cx).await.unwrap();
    let text = text(found.answer, found.todo);
    lookup::keep(ticket, &found, || Answer { tag: "t".into(), body: text.clone().into() }, cx);
    Store(text)
}

/// Looks up until memory answers; it must come to that.
async fn warm(number: Number, world: &World) {
    for _ in 0..2 {
        look_up(number, world).await;
    }
    assert_eq!(look_up(number, world).await, Memory(registered()));
}

async fn sequence(world: &World) {
    for log in Log::ALL {
        ledger::sequence(log, world.cx()).await.unwrap();
    }
}

async fn doing(what: Act, number: Number, world: &World) {
    act(number, what, Saying::default(), &world.maker(), world.cx()).await.unwrap();
}

#[tokio::test]
async fn what_is_asked_for_again_comes_from_memory_until_something_changes() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    for _ in 0..3 {
        assert_eq!(look_up(number, &world).await, Store(registered()), "a later checkpoint will show more");
    }
    sequence(&world).await;
    assert_eq!(look_up(number, &world).await, Store(registered()));
    assert_eq!(look_up(number, &world).await, Store(registered()), "kept when it was asked for twice");
    assert_eq!(look_up(number, &world).await, Memory(registered()));
    for (what, now) in [
        (Act::Ship, registered()),
        (Act::Recall, text(domain::Answer::Recalled, Todo::FollowRecall)),
        (Act::Retire, text(domain::Answer::Ended, Todo::DoNotUse)),
    ] {
        doing(what, number, &world).await;
        assert_eq!(look_up(number, &world).await, Store(now.clone()), "{what:?}");
        sequence(&world).await;
        let mut replies = Vec::new();
        for _ in 0..3 {
            replies.push(look_up(number, &world).await);
        }
        assert_eq!(replies.pop(), Some(Memory(now)), "{what:?}");
    }
}

#[tokio::test]
async fn support_ends_while_an_answer_is_kept() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    sequence(&world).await;
    warm(number, &world).await;
    world.clock.pass(day(3650));
    assert_eq!(look_up(number, &world).await, Store(text(domain::Answer::Registered, Todo::Replace)));
}

#[tokio::test]
async fn a_clock_that_cannot_even_be_read_answers_nothing_from_memory() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    sequence(&world).await;
    warm(number, &world).await;
    world.clock.jump(true);
    assert!(world.cx().reading().is_err());
    assert!(lookup::known(number, world.cx()).is_none());
    assert!(lookup::find(number, world.cx()).await.is_err());
}
