-- Releases, what devices run, campaigns and actions.
create table release_key (id bigint primary key, uid bytea not null unique, product bigint not null references product,
    spki bytea not null, created_at bigint not null, ended_at bigint);
create unique index release_key_live on release_key (product, spki) where ended_at is null;
create index release_key_product on release_key (product, id);
create table release (id bigint primary key, uid bytea not null unique, product bigint not null references product,
    organisation bigint not null references organisation, version text collate "C" not null,
    security_version bigint not null,
    remedy bigint not null, file_name text not null, size bigint not null, sha256 bytea not null, sha1 bytea not null,
    md5 bytea not null, signature bytea not null, key bytea, created_at bigint not null, unique (product, version));
create index release_organisation on release (organisation, id);
create index release_product on release (product, id);
create index release_security on release (product, security_version);

create table running (device bigint primary key, version text not null, release bigint, at bigint not null);
create table attribute (device bigint not null, name text collate "C" not null, value text not null,
    primary key (device, name));
-- What a device is asked for, installed last, and agreed to: absent until something is known.
create table updating (device bigint primary key, wanted bigint not null, installed bigint, consent_at bigint,
    initiator text, remark text);
-- Devices of others by product; made devices, which their maker owns, do not pay for it.
create index device_sold on device (owner, product, id) where owner <> maker;

-- busy: devices that update at present; skipped: devices that another campaign keeps. Both only move by deltas.
create table campaign (id bigint primary key, uid bytea not null unique,
    organisation bigint not null references organisation, release bigint not null references release,
    product bigint not null, by_maker bigint not null, state bigint not null, reason text, moves bigint not null,
    selection text not null, forced bigint not null, consent bigint not null, span bigint not null,
    failure_limit bigint not null, least bigint not null, at_once bigint not null, busy bigint not null,
    targets bigint, current bigint not null, skipped bigint not null, settled bigint not null,
    created_at bigint not null, ended_at bigint);
create index campaign_organisation on campaign (organisation, id);
create index campaign_unsettled on campaign (id) where settled = 0;
-- One counter a state of the group's actions, moved in the change that moves the action.
create table campaign_group (campaign bigint not null references campaign, number bigint not null,
    share bigint, devices bigint, success bigint not null, state bigint not null, size bigint not null,
    threshold bigint not null, cursor bigint not null, opened_at bigint,
    confirming bigint not null default 0, offered bigint not null default 0, retrieved bigint not null default 0,
    downloading bigint not null default 0, downloaded bigint not null default 0,
    installing bigint not null default 0, installed bigint not null default 0, done bigint not null default 0,
    failed bigint not null default 0, overdue bigint not null default 0, cancelling bigint not null default 0,
    cancelled bigint not null default 0, primary key (campaign, number));

create table action (id bigint primary key, device bigint not null, campaign bigint not null references campaign,
    number bigint not null, release bigint not null, state bigint not null, forced bigint not null,
    consent bigint not null, span bigint not null, moves bigint not null, entries bigint not null,
    offered_at bigint not null, begun_at bigint, installed_at bigint, deadline bigint, closed_at bigint,
    step bigint, steps bigint, code bigint, reason bigint);
-- one live action a device
create unique index action_live on action (device) where closed_at is null;
create unique index action_campaign on action (campaign, device);
create index action_open on action (campaign, id) where closed_at is null;
create index action_due on action (deadline) where deadline is not null;
create table action_message (action bigint not null, sequence bigint not null, at bigint not null,
    text text not null, primary key (action, sequence));
