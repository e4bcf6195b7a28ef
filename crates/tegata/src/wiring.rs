//! Which URLs exist, who may call each, and which door leads to it: the table of contents of the edges.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use tegata_api as api;
use tegata_protocol::{ddi, device, est, pki, tlog};
use tegata_usecase::Cx;
use tegata_web as web;

use crate::http::operation;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// The holder of a token.
    Token,
    /// A device with its certificate; for updates, with its token.
    Device,
    /// Who is logged in.
    Login,
}

/// Through which port a route is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// HTTPS only.
    Secure,
    /// HTTPS, and plain HTTP while that listens on loopback; elsewhere plain HTTP redirects.
    Page,
    /// Both: what is signed by itself, and operation.
    Both,
}

/// One route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path, with its parameters in braces.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// Through which port.
    pub door: Door,
}

/// Methods that routes have; HEAD comes with GET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET and HEAD.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

/// All routes, listed and built.
pub struct Table {
    /// The list.
    pub routes: Vec<Route>,
    secure: Router<Cx>,
    plain: Router<Cx>,
    loopback: Router<Cx>,
}

impl Table {
    fn add<T: 'static>(mut self, access: Access, door: Door, (method, path): At, handler: impl Handler<T, Cx>) -> Self {
        let filter = match method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
            Method::Delete => MethodFilter::DELETE,
        };
        self.routes.push(Route { method, path, access, door });
        self.secure = self.secure.route(path, on(filter, handler.clone()));
        self.loopback = match door {
            Door::Secure => self.loopback,
            Door::Page | Door::Both => self.loopback.route(path, on(filter, handler.clone())),
        };
        self.plain = match door {
            Door::Secure => self.plain,
            Door::Page => self.plain.route(path, on(filter, operation::redirect)),
            Door::Both => self.plain.route(path, on(filter, handler)),
        };
        self
    }

    /// The routes of the HTTPS port.
    pub fn secure(&self) -> Router<Cx> {
        self.secure.clone()
    }

    /// The routes of the plain HTTP port.
    pub fn plain(&self, loopback: bool) -> Router<Cx> {
        if loopback { self.loopback.clone() } else { self.plain.clone() }
    }
}

type At = (Method, &'static str);

const fn get(path: &'static str) -> At {
    (Method::Get, path)
}

const fn post(path: &'static str) -> At {
    (Method::Post, path)
}

const fn put(path: &'static str) -> At {
    (Method::Put, path)
}

const fn delete(path: &'static str) -> At {
    (Method::Delete, path)
}

use Access::{Device, Login, Public, Token};
use Door::{Both, Page, Secure};

/// Every route there is.
pub fn table() -> Table {
    let none = Table { routes: Vec::new(), secure: Router::new(), plain: Router::new(), loopback: Router::new() };
    line(ways_in(console(pages(updates(protocols(resources(none)))))))
}

fn resources(table: Table) -> Table {
    table
        .add(Token, Secure, post("/api/v1/organisations"), api::organisation::create::post)
        .add(Token, Secure, get("/api/v1/organisations"), api::organisation::list::get)
        .add(Token, Secure, post("/api/v1/tokens"), api::token::create::post)
        .add(Token, Secure, get("/api/v1/tokens"), api::token::list::get)
        .add(Token, Secure, delete("/api/v1/tokens/{id}"), api::token::end::delete)
        .add(Token, Secure, post("/api/v1/invitations"), api::invitation::create::post)
        .add(Token, Secure, get("/api/v1/invitations"), api::invitation::list::get)
        .add(Token, Secure, delete("/api/v1/invitations/{id}"), api::invitation::end::delete)
        .add(Token, Secure, post("/api/v1/products"), api::product::create::post)
        .add(Token, Secure, get("/api/v1/products"), api::product::list::get)
        .add(Token, Secure, get("/api/v1/products/{id}"), api::product::read::get)
        .add(Token, Secure, post("/api/v1/batches"), api::batch::create::post)
        .add(Token, Secure, get("/api/v1/batches"), api::batch::list::get)
        .add(Token, Secure, get("/api/v1/batches/{id}"), api::batch::read::get)
        .add(Token, Secure, post("/api/v1/batches/{id}/devices"), api::device::make::post)
        .add(Token, Secure, post("/api/v1/batches/{id}/confirmations"), api::device::confirm::post)
        .add(Token, Secure, get("/api/v1/devices"), api::device::list::get)
        .add(Token, Secure, get("/api/v1/devices/{number}"), api::device::read::get)
        .add(Token, Secure, get("/api/v1/devices/{number}/events"), api::device::events::get)
        .add(Token, Secure, get("/api/v1/devices/{number}/events/{sequence}/proof"), api::device::proof::get)
        .add(Token, Secure, get("/api/v1/devices/{number}/label.svg"), web::lookup::label)
        .add(Token, Secure, post("/api/v1/devices/{number}/token"), api::device::token::post)
        .add(Token, Secure, post("/api/v1/devices/{number}/{act}"), api::device::act::post)
        .add(Token, Secure, post("/api/v1/devices/{number}/transfer"), api::transfer::offer::post)
        .add(Token, Secure, post("/api/v1/devices/{number}/transfer/cancel"), api::transfer::cancel::post)
        .add(Token, Secure, post("/api/v1/devices/{number}/dispose"), api::device::dispose::post)
        .add(Token, Secure, get("/api/v1/devices/{number}/scans"), api::scan::list::get)
        .add(Token, Secure, post("/api/v1/devices/{number}/exempt"), api::scan::exempt::post)
        .add(Token, Secure, get("/api/v1/devices/{number}/reports"), api::report::list::get)
        .add(Token, Secure, post("/api/v1/claims"), api::transfer::claim::post)
        .add(Token, Secure, post("/api/v1/organisations/{id}/erase"), api::organisation::erase::post)
        .add(Token, Secure, post("/api/v1/certificates/{serial}/revoke"), api::certificate::revoke::post)
        .add(Token, Secure, post("/api/v1/products/{id}/keys"), api::product::key::post)
        .add(Token, Secure, get("/api/v1/products/{id}/keys"), api::product::key::get)
        .add(Token, Secure, delete("/api/v1/products/{id}/keys/{key}"), api::product::key::delete)
        .add(Token, Secure, post("/api/v1/releases"), api::release::create::post)
        .add(Token, Secure, get("/api/v1/releases"), api::release::list::get)
        .add(Token, Secure, get("/api/v1/releases/{id}"), api::release::read::get)
        .add(Token, Secure, post("/api/v1/campaigns"), api::campaign::create::post)
        .add(Token, Secure, get("/api/v1/campaigns"), api::campaign::list::get)
        .add(Token, Secure, get("/api/v1/campaigns/{id}"), api::campaign::read::get)
        .add(Token, Secure, get("/api/v1/campaigns/{id}/actions"), api::campaign::actions::get)
        .add(Token, Secure, post("/api/v1/campaigns/{id}/{act}"), api::campaign::act::post)
        .add(Token, Secure, get("/api/v1/findings"), api::finding::list::get)
        .add(Token, Secure, post("/api/v1/findings/{id}/close"), api::finding::close::post)
        .add(Token, Secure, get("/api/v1/notices"), api::notice::list::get)
        .add(Token, Secure, post("/api/v1/notices/{id}/receipt"), api::notice::receipt::post)
        .add(Token, Secure, get("/api/v1/contact"), api::notice::contact::get)
        .add(Token, Secure, post("/api/v1/contact"), api::notice::contact::post)
        .add(Token, Secure, get("/api/v1/audit"), api::audit::get)
        .add(Public, Both, get("/api/openapi.json"), api::openapi::get)
}

fn protocols(table: Table) -> Table {
    table
        .add(Public, Secure, get("/.well-known/est/cacerts"), est::cacerts)
        .add(Public, Secure, get("/.well-known/est/csrattrs"), est::csrattrs)
        .add(Device, Secure, post("/.well-known/est/simpleenroll"), est::simpleenroll)
        .add(Device, Secure, post("/.well-known/est/simplereenroll"), est::simplereenroll)
        .add(Public, Secure, get("/.well-known/est/{label}/cacerts"), est::cacerts)
        .add(Public, Secure, get("/.well-known/est/{label}/csrattrs"), est::csrattrs)
        .add(Device, Secure, post("/.well-known/est/{label}/simpleenroll"), est::simpleenroll)
        .add(Device, Secure, post("/.well-known/est/{label}/simplereenroll"), est::simplereenroll)
        .add(Device, Secure, post("/agent/v1/answer"), device::answer::post)
        .add(Device, Secure, post("/agent/v1/erasure"), device::erasure::post)
        .add(Device, Secure, post("/agent/v1/heartbeat"), device::heartbeat::post)
        .add(Public, Both, get("/crl/{ca}/{file}"), pki::crl)
        .add(Public, Both, get("/ca/{file}"), pki::certificate)
        .add(Public, Both, get("/ledger/keys"), tlog::keys)
        .add(Public, Both, get("/ledger/{log}/checkpoint"), tlog::checkpoint)
        .add(Public, Both, get("/ledger/{log}/tile/{*rest}"), tlog::tile)
}

/// hawkBit's Direct Device Integration, version 1.
fn updates(table: Table) -> Table {
    macro_rules! at {
        ($rest:literal) => {
            concat!("/{tenant}/controller/v1/{number}", $rest)
        };
    }
    table
        .add(Device, Secure, get(at!("")), ddi::poll::get)
        .add(Device, Secure, put(at!("/configData")), ddi::attributes::put)
        .add(Device, Secure, get(at!("/deploymentBase/{action}")), ddi::deployment::get)
        .add(Device, Secure, post(at!("/deploymentBase/{action}/feedback")), ddi::feedback::post)
        .add(Device, Secure, get(at!("/cancelAction/{action}")), ddi::cancel::get)
        .add(Device, Secure, post(at!("/cancelAction/{action}/feedback")), ddi::cancel::post)
        .add(Device, Secure, get(at!("/installedBase/{action}")), ddi::deployment::installed)
        .add(Device, Secure, put(at!("/installedBase")), ddi::deployment::put)
        .add(Device, Secure, get(at!("/softwaremodules/{module}/artifacts")), ddi::download::list)
        .add(Device, Secure, get(at!("/softwaremodules/{module}/artifacts/{file}")), ddi::download::get)
        .add(Device, Secure, get(at!("/confirmationBase")), ddi::confirmation::base)
        .add(Device, Secure, get(at!("/confirmationBase/{action}")), ddi::confirmation::get)
        .add(Device, Secure, post(at!("/confirmationBase/{action}/feedback")), ddi::confirmation::post)
        .add(Device, Secure, post(at!("/confirmationBase/activateAutoConfirm")), ddi::confirmation::activate)
        .add(Device, Secure, post(at!("/confirmationBase/deactivateAutoConfirm")), ddi::confirmation::deactivate)
}

fn pages(table: Table) -> Table {
    table
        .add(Public, Page, get("/"), web::lookup::front)
        .add(Public, Page, get("/d"), web::lookup::typed)
        .add(Public, Page, get("/d/{number}"), web::lookup::device)
        .add(Public, Page, get("/d/{number}/proof/{sequence}"), web::lookup::proof)
        .add(Public, Page, post("/d/{number}/ask"), web::lookup::ask::post)
        .add(Public, Page, post("/d/{number}/report"), web::lookup::report::post)
        .add(Public, Page, get("/01/{gtin}"), web::lookup::model)
        .add(Public, Page, get("/01/{gtin}/21/{serial}"), web::lookup::digital_link)
        .add(Public, Page, get("/n/{code}"), web::notice::show)
        .add(Public, Page, post("/n/{code}"), web::notice::receive)
        .add(Public, Page, get("/guide"), web::guide::list)
        .add(Public, Page, get("/guide/{role}"), web::guide::show)
        .add(Public, Page, get("/assets/{file}"), web::lookup::asset)
        .add(Public, Both, get("/healthz"), operation::healthz)
        .add(Public, Both, get("/readyz"), operation::readyz)
        .add(Public, Both, get("/metrics"), crate::metrics::show)
        .add(Public, Both, get("/operation"), crate::metrics::page::show)
}

/// Pages of who is logged in, and where one logs in.
fn console(table: Table) -> Table {
    table
        .add(Public, Page, get("/claim"), web::claim::show)
        .add(Public, Page, post("/claim"), web::claim::open)
        .add(Login, Page, post("/claim/join"), web::claim::join)
        .add(Public, Page, get("/login"), web::login::show)
        .add(Public, Page, post("/login"), web::login::enter)
        .add(Public, Page, get("/invitation/{code}"), web::invitation::show)
        .add(Public, Page, post("/invitation/{code}"), web::invitation::accept)
        .add(Login, Page, post("/invitation/{code}/join"), web::invitation::join)
        .add(Login, Page, post("/logout"), web::login::leave)
        .add(Login, Page, get("/console"), web::overview::show)
        .add(Login, Page, get("/console/account"), web::account::show)
        .add(Login, Page, post("/console/account/password"), web::account::password)
        .add(Login, Page, post("/console/account/language"), web::account::language)
        .add(Login, Page, post("/console/account/logins/end"), web::account::end_others)
        .add(Login, Page, post("/console/account/logins/{id}/end"), web::account::end_login)
        .add(Login, Page, post("/console/switch"), web::account::switch)
        .add(Login, Page, get("/console/organisation"), web::organisation::show)
        .add(Login, Page, post("/console/organisation/contact"), web::organisation::contact)
        .add(Login, Page, post("/console/organisation/factor"), web::organisation::factor)
        .add(Login, Page, get("/console/accounts"), web::members::show)
        .add(Login, Page, post("/console/accounts/{id}/role"), web::members::role)
        .add(Login, Page, post("/console/accounts/{id}/end"), web::members::end)
        .add(Login, Page, post("/console/accounts/{id}/link"), web::members::link)
        .add(Login, Page, post("/console/accounts/{id}/logins"), web::members::end_logins)
        .add(Login, Page, post("/console/invitations"), web::members::invite)
        .add(Login, Page, post("/console/invitations/{id}/end"), web::members::take_back)
        .add(Login, Page, get("/console/tokens"), web::tokens::show)
        .add(Login, Page, post("/console/tokens"), web::tokens::make)
        .add(Login, Page, post("/console/tokens/{id}/end"), web::tokens::finish)
        .add(Login, Page, get("/console/audit"), web::audit::show)
        .add(Login, Page, get("/console/devices"), web::devices::show)
        .add(Login, Page, get("/console/bulks"), web::bulk::list)
        .add(Login, Page, post("/console/bulks"), web::bulk::prepare)
        .add(Login, Page, get("/console/bulks/{id}"), web::bulk::show)
        .add(Login, Page, post("/console/bulks/{id}/start"), web::bulk::start)
        .add(Login, Page, post("/console/bulks/{id}/stop"), web::bulk::stop)
        .add(Login, Page, post("/console/bulks/{id}/resume"), web::bulk::resume)
        .add(Login, Page, get("/console/live/bulks/{id}"), web::live::bulk)
        .add(Login, Page, post("/console/filters"), web::devices::keep)
        .add(Login, Page, post("/console/filters/{id}/end"), web::devices::end)
        .add(Login, Page, get("/console/devices/{number}"), web::device::show)
        .add(Login, Page, post("/console/devices/{number}/act"), web::device::act_on)
        .add(Login, Page, post("/console/devices/{number}/transfer"), web::device::transfer)
        .add(Login, Page, post("/console/devices/{number}/transfer/cancel"), web::device::take_back)
        .add(Login, Page, post("/console/devices/{number}/dispose"), web::device::dispose)
        .add(Login, Page, get("/console/devices/{number}/label"), web::device::label)
        .add(Login, Page, get("/console/devices/{number}/proof/{sequence}"), web::device::proof)
        .add(Login, Page, get("/console/devices/{number}/certificates/{serial}"), web::device::certificate)
}

/// The ways in beside a password: a second factor, passkeys, a provider of identity.
fn ways_in(table: Table) -> Table {
    table
        .add(Public, Page, get("/login/factor"), web::login::factor::show)
        .add(Public, Page, post("/login/factor"), web::login::factor::enter)
        .add(Public, Page, post("/login/passkey"), web::login::passkey::enter)
        .add(Public, Page, post("/login/passkey/begin"), web::login::passkey::begin)
        .add(Public, Page, get("/login/provider"), web::login::provider::leave)
        .add(Public, Page, get("/login/provider/back"), web::login::provider::back)
        .add(Public, Page, post("/invitation/{code}/passkey"), web::invitation::accept_with)
        .add(Public, Page, post("/invitation/{code}/passkey/begin"), web::invitation::begin_with)
        .add(Login, Page, get("/console/account/factor"), web::account::factor::show)
        .add(Login, Page, post("/console/account/factor"), web::account::factor::confirm)
        .add(Login, Page, post("/console/account/factor/codes"), web::account::factor::codes)
        .add(Login, Page, post("/console/account/factor/end"), web::account::factor::end)
        .add(Login, Page, get("/console/account/passkeys"), web::account::passkeys::show)
        .add(Login, Page, post("/console/account/passkeys"), web::account::passkeys::add)
        .add(Login, Page, post("/console/account/passkeys/begin"), web::account::passkeys::begin)
        .add(Login, Page, post("/console/account/passkeys/{id}/name"), web::account::passkeys::rename)
        .add(Login, Page, post("/console/account/passkeys/{id}/end"), web::account::passkeys::end)
        .add(Login, Page, get("/console/account/provider"), web::account::provider::show)
        .add(Login, Page, post("/console/account/provider/end"), web::account::provider::end)
}

/// Pages of the line and of roll-outs, and the ledger's.
fn line(table: Table) -> Table {
    table
        .add(Public, Page, get("/ledger"), web::ledger::show)
        .add(Public, Page, get("/ledger/check"), web::ledger::ask)
        .add(Public, Page, post("/ledger/check"), web::ledger::check)
        .add(Login, Page, get("/console/products"), web::product::list)
        .add(Login, Page, post("/console/products"), web::product::register)
        .add(Login, Page, get("/console/products/{id}"), web::product::show)
        .add(Login, Page, post("/console/products/{id}/keys"), web::product::add_key)
        .add(Login, Page, post("/console/products/{id}/keys/{key}/end"), web::product::end_key)
        .add(Login, Page, get("/console/batches"), web::batch::list)
        .add(Login, Page, post("/console/batches"), web::batch::open)
        .add(Login, Page, get("/console/batches/{id}"), web::batch::show)
        .add(Login, Page, get("/console/releases"), web::release::list)
        .add(Login, Page, get("/console/releases/{id}"), web::release::show)
        .add(Login, Page, get("/console/campaigns"), web::campaign::list)
        .add(Login, Page, post("/console/campaigns"), web::campaign::create)
        .add(Login, Page, get("/console/campaigns/new"), web::campaign::new)
        .add(Login, Page, get("/console/campaigns/{id}"), web::campaign::show)
        .add(Login, Page, post("/console/campaigns/{id}/pause"), web::campaign::pause)
        .add(Login, Page, post("/console/campaigns/{id}/resume"), web::campaign::resume)
        .add(Login, Page, post("/console/campaigns/{id}/cancel"), web::campaign::cancel)
        .add(Login, Page, get("/console/findings"), web::finding::list)
        .add(Login, Page, get("/console/findings/{id}"), web::finding::show)
        .add(Login, Page, post("/console/findings/{id}/close"), web::finding::close)
        .add(Login, Page, get("/console/export/{table}"), web::export::show)
        .add(Login, Page, get("/console/live/batches/{id}"), web::live::batch)
        .add(Login, Page, get("/console/live/campaigns/{id}"), web::live::campaign)
        .add(Login, Page, get("/console/live/findings"), web::live::findings)
        .add(Login, Page, get("/console/live/overview"), web::live::overview)
        .add(Login, Page, get("/console/notices"), web::notices::list)
        .add(Login, Page, post("/console/notices/{id}/receipt"), web::notices::receive)
}
