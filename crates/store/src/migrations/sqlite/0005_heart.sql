-- When a device was last heard from; written in batches.
create table seen (device integer primary key, at integer not null);

-- What is remembered of the heartbeats of a device. version: what changes are decided on. branches: see session.rs.
create table session (device integer primary key, version integer not null, period integer not null,
    epoch integer not null, issued integer not null, branches blob not null);

-- What is known of the password that a device was born with. state: 0 none, 1 initial, 2 changed.
create table if not exists credential (device integer primary key, state integer not null, salt blob, hash blob,
    changed_at integer not null);

-- standing: open, and the only open one of its kind for the device and the organisation.
alter table finding add column closed_at integer;
alter table finding add column close_reason text;
alter table finding add column standing integer not null default 0;
create unique index finding_standing on finding (device, kind, organisation) where standing = 1;
create index finding_open on finding (organisation, id) where closed_at is null;
create index finding_closed on finding (organisation, id) where closed_at is not null;
create index finding_device on finding (device, kind, organisation, id) where device is not null;
