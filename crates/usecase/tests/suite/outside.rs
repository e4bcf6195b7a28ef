//! Logging in by a provider of identity: connected first, then opened; nothing that was not begun here counts.

use crate::login::{browser, code, enter, holds, join};
use crate::world::World;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tegata_domain::login::Strength;
use tegata_domain::time::Clock;
use tegata_testkit::provider::{Page, Server, document, keys, signed, signer};
use tegata_usecase::Result;
use tegata_usecase::cx::Oidc;
use tegata_usecase::login::outside::{self, Back, Came};
use tegata_usecase::login::{Step, Visitor};

struct At {
    world: World,
    server: Server,
}

async fn at(second_factor: bool) -> At {
    let server = Server::start();
    server.put("/.well-known/openid-configuration", Page::json(&document(&server.base)));
    server.put("/keys", keys(&[("one", &signer(1))]));
    let mut world = World::new().await;
    let issuer = server.base.clone();
    let (client_id, client_secret) = ("tegata".to_owned(), Some("secret".to_owned()));
    world
        .log_in_by(Oidc { issuer, client_id, client_secret, trust: None, name: "Example ID".into(), second_factor })
        .await;
    At { world, server }
}

impl At {
    /// What a person of this name brings back from where she was led.
    fn visit(&self, address: &str, subject: &str) -> Back {
        let (_, query) = address.split_once('?').unwrap();
        let query: BTreeMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let now = self.world.clock.now().unwrap().seconds();
        let claims = json!({
            "iss": self.server.base, "aud": "tegata", "sub": subject, "nonce": query["nonce"],
            "iat": now, "exp": now + 300, "auth_time": now,
        });
        let answer = json!({"token_type": "Bearer", "id_token": signed("one", &signer(1), &claims)});
        self.server.put("/token", Page::json(&answer));
        let (state, iss) = (Some(query["state"].to_owned()), Some(self.server.base.clone()));
        Back { state, code: Some("code".into()), iss, error: None }
    }

    async fn connect(&self, visitor: &Visitor, subject: &str) -> Result<Came> {
        let (address, ticket) = outside::connect(visitor, self.world.cx()).await?;
        let back = self.visit(&address, subject);
        outside::back(&ticket, back, Some(visitor), browser(1), self.world.cx()).await
    }

    async fn come(&self, subject: &str) -> Result<Came> {
        let (address, ticket) = outside::begin(false, self.world.cx()).await?;
        outside::back(&ticket, self.visit(&address, subject), None, browser(1), self.world.cx()).await
    }
}

#[tokio::test]
async fn who_was_connected_comes_in() {
    let at = at(false).await;
    assert_eq!(outside::name(at.world.cx()), Some("Example ID"));
    assert_eq!(code(at.come("anna-7").await), "provider_unknown");
    let visitor = enter(&at.world).await;
    assert!(matches!(at.connect(&visitor, "anna-7").await, Ok(Came::Connected)));
    let Ok(Came::In(Step::Opened(opened))) = at.come("anna-7").await else { panic!("she is known") };
    assert_eq!((&*opened.visitor.account.name, opened.visitor.login.strength), ("admin", Strength::Password));
    assert!(holds(&opened, &at.world).await);
    assert_eq!(code(opened.visitor.fresh(at.world.cx())), "confirm", "the provider may have known her from before");
    let (address, ticket) = outside::begin(true, at.world.cx()).await.unwrap();
    let anew = outside::back(&ticket, at.visit(&address, "anna-7"), None, browser(1), at.world.cx()).await;
    let Ok(Came::In(Step::Opened(anew))) = anew else { panic!("she proved herself anew") };
    anew.visitor.fresh(at.world.cx()).unwrap();
    assert_eq!(code(at.come("admin").await), "provider_unknown", "a name there opens nothing here");
    outside::disconnect(&visitor, at.world.cx()).await.unwrap();
    assert_eq!(code(at.come("anna-7").await), "provider_unknown");
}

#[tokio::test]
async fn a_person_there_is_one_account_here() {
    let at = at(false).await;
    at.connect(&enter(&at.world).await, "anna-7").await.unwrap();
    let berta = join("berta", &at.world).await.visitor;
    assert_eq!(code(at.connect(&berta, "anna-7").await), "provider_taken");
    at.connect(&berta, "berta-1").await.unwrap();
    let Ok(Came::In(Step::Opened(opened))) = at.come("berta-1").await else { panic!("she is known") };
    assert_eq!(opened.visitor.account.name, "berta");
}

#[tokio::test]
async fn a_way_back_belongs_to_the_way_out() {
    let at = at(false).await;
    let (visitor, cx) = (enter(&at.world).await, at.world.cx());
    let berta = join("berta", &at.world).await.visitor;
    let (address, ticket) = outside::connect(&visitor, cx).await.unwrap();
    let back = || at.visit(&address, "anna-7");
    // somebody else's browser, or nobody's, comes back
    assert_eq!(code(outside::back(&ticket, back(), Some(&berta), browser(2), cx).await), "ticket");
    assert_eq!(code(outside::back(&ticket, back(), None, browser(2), cx).await), "ticket");
    let other = outside::begin(false, cx).await.unwrap().1;
    assert_eq!(code(outside::back(&other, back(), None, browser(2), cx).await), "ticket");
    let bent = Back { state: Some("AAAA".into()), ..back() };
    assert_eq!(code(outside::back(&ticket, bent, Some(&visitor), browser(1), cx).await), "ticket");
    let denied = Back { error: Some("access_denied".into()), ..back() };
    assert_eq!(code(outside::back(&ticket, denied, Some(&visitor), browser(1), cx).await), "provider_refused");
    assert_eq!(code(outside::back("AAAA", back(), Some(&visitor), browser(1), cx).await), "ticket");
    at.world.clock.pass(Duration::from_secs(10 * 60));
    assert_eq!(code(outside::back(&ticket, back(), Some(&visitor), browser(1), cx).await), "ticket");
}

#[tokio::test]
async fn an_answer_of_the_provider_opens_once() {
    let at = at(false).await;
    at.connect(&enter(&at.world).await, "anna-7").await.unwrap();
    let (address, ticket) = outside::begin(false, at.world.cx()).await.unwrap();
    let back = at.visit(&address, "anna-7");
    // a provider that takes a code twice
    assert!(outside::back(&ticket, back.clone(), None, browser(1), at.world.cx()).await.is_ok());
    assert_eq!(code(outside::back(&ticket, back, None, browser(1), at.world.cx()).await), "used");
}

#[tokio::test]
async fn a_provider_that_asks_for_a_second_factor_is_two() {
    let at = at(true).await;
    at.connect(&enter(&at.world).await, "anna-7").await.unwrap();
    let Ok(Came::In(Step::Opened(opened))) = at.come("anna-7").await else { panic!("she is known") };
    assert_eq!(opened.visitor.login.strength, Strength::Factor);
}

#[tokio::test]
async fn a_token_of_another_key_or_none_is_told_in_the_same_words() {
    let at = at(false).await;
    at.connect(&enter(&at.world).await, "anna-7").await.unwrap();
    let (address, ticket) = outside::begin(false, at.world.cx()).await.unwrap();
    let back = at.visit(&address, "anna-7");
    at.server.put("/token", Page::json(&json!({"id_token": signed("one", &signer(2), &json!({"sub": "anna-7"}))})));
    assert_eq!(code(outside::back(&ticket, back.clone(), None, browser(1), at.world.cx()).await), "provider_token");
    at.server.pages.lock().unwrap().clear();
    assert_eq!(code(outside::back(&ticket, back, None, browser(1), at.world.cx()).await), "provider_away");
}

#[tokio::test]
async fn without_a_provider_there_is_no_way_to_one() {
    let world = World::new().await;
    assert_eq!(outside::name(world.cx()), None);
    assert_eq!(code(outside::begin(false, world.cx()).await), "not_found");
}
