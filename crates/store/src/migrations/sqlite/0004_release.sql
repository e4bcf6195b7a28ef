-- Releases, what devices run, campaigns and actions.
create table release_key (id integer primary key, uid blob not null unique, product integer not null references product,
    spki blob not null, created_at integer not null, ended_at integer);
create unique index release_key_live on release_key (product, spki) where ended_at is null;
create index release_key_product on release_key (product, id);
create table release (id integer primary key, uid blob not null unique, product integer not null references product,
    organisation integer not null references organisation, version text not null, security_version integer not null,
    remedy integer not null, file_name text not null, size integer not null, sha256 blob not null, sha1 blob not null,
    md5 blob not null, signature blob not null, key blob, created_at integer not null, unique (product, version));
create index release_organisation on release (organisation, id);
create index release_product on release (product, id);
create index release_security on release (product, security_version);

create table running (device integer primary key, version text not null, release integer, at integer not null);
create table attribute (device integer not null, name text not null, value text not null,
    primary key (device, name)) without rowid;
-- What a device is asked for, installed last, and agreed to: absent until something is known.
create table updating (device integer primary key, wanted integer not null, installed integer, consent_at integer,
    initiator text, remark text);
-- Devices of others by product; made devices, which their maker owns, do not pay for it.
create index device_sold on device (owner, product, id) where owner <> maker;

-- busy: devices that update at present; skipped: devices that another campaign keeps. Both only move by deltas.
create table campaign (id integer primary key, uid blob not null unique,
    organisation integer not null references organisation, release integer not null references release,
    product integer not null, by_maker integer not null, state integer not null, reason text, moves integer not null,
    selection text not null, forced integer not null, consent integer not null, span integer not null,
    failure_limit integer not null, least integer not null, at_once integer not null, busy integer not null,
    targets integer, current integer not null, skipped integer not null, settled integer not null,
    created_at integer not null, ended_at integer);
create index campaign_organisation on campaign (organisation, id);
create index campaign_unsettled on campaign (id) where settled = 0;
-- One counter a state of the group's actions, moved in the change that moves the action.
create table campaign_group (campaign integer not null references campaign, number integer not null,
    share integer, devices integer, success integer not null, state integer not null, size integer not null,
    threshold integer not null, cursor integer not null, opened_at integer,
    confirming integer not null default 0, offered integer not null default 0, retrieved integer not null default 0,
    downloading integer not null default 0, downloaded integer not null default 0,
    installing integer not null default 0, installed integer not null default 0, done integer not null default 0,
    failed integer not null default 0, overdue integer not null default 0, cancelling integer not null default 0,
    cancelled integer not null default 0, primary key (campaign, number)) without rowid;

create table action (id integer primary key, device integer not null, campaign integer not null references campaign,
    number integer not null, release integer not null, state integer not null, forced integer not null,
    consent integer not null, span integer not null, moves integer not null, entries integer not null,
    offered_at integer not null, begun_at integer, installed_at integer, deadline integer, closed_at integer,
    step integer, steps integer, code integer, reason integer);
-- one live action a device
create unique index action_live on action (device) where closed_at is null;
create unique index action_campaign on action (campaign, device);
create index action_open on action (campaign, id) where closed_at is null;
create index action_due on action (deadline) where deadline is not null;
create table action_message (action integer not null, sequence integer not null, at integer not null,
    text text not null, primary key (action, sequence)) without rowid;
