-- Whose a device is in which period. Period 0 is the maker's and has no row; what was erased has none any more.
create table period (device bigint not null, period bigint not null, owner bigint not null,
    began_at bigint not null, primary key (device, period));
create index period_owner on period (owner, device, period);

-- Codes that stand; at most one a device.
create table transfer (device bigint primary key, giver bigint not null, period bigint not null,
    hash bytea not null unique, receiver bigint, reason text, offered_at bigint not null,
    expires_at bigint not null);
create index transfer_giver on transfer (giver);
create index transfer_receiver on transfer (receiver) where receiver is not null;

-- What became of a device's secrets: asked for, and confirmed by whom.
create table disposal (device bigint primary key, requested_at bigint, ended_at bigint, erasure bigint not null,
    statement text, signature bytea);

create index account_organisation on account (organisation, id);
