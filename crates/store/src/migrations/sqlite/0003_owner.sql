-- Whose a device is in which period. Period 0 is the maker's and has no row; what was erased has none any more.
create table period (device integer not null, period integer not null, owner integer not null,
    began_at integer not null, primary key (device, period)) without rowid;
create index period_owner on period (owner, device, period);

-- Codes that stand; at most one a device.
create table transfer (device integer primary key, giver integer not null, period integer not null,
    hash blob not null unique, receiver integer, reason text, offered_at integer not null,
    expires_at integer not null);
create index transfer_giver on transfer (giver);
create index transfer_receiver on transfer (receiver) where receiver is not null;

-- What became of a device's secrets: asked for, and confirmed by whom.
create table disposal (device integer primary key, requested_at integer, ended_at integer, erasure integer not null,
    statement text, signature blob);

create index account_organisation on account (organisation, id);
