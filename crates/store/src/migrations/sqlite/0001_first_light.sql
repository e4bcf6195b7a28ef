-- Rows are keyed by ordered integers; outward ids are 16-byte UUIDs. Times are milliseconds since 1970.
create table meta (name text primary key, value text not null) without rowid;
create table counter (name text primary key, next integer not null) without rowid;
create table secret (name text not null, version integer not null, from_row integer not null, sealed blob not null,
    primary key (name, version)) without rowid;

create table organisation (id integer primary key, uid blob not null unique, name text not null,
    kinds integer not null, created_at integer not null);
create table account (id integer primary key, uid blob not null unique,
    organisation integer not null references organisation, user text not null unique, password_hash text not null,
    role integer not null, created_at integer not null);
create table token (id integer primary key, uid blob not null unique,
    organisation integer not null references organisation, name text not null, role integer not null,
    hash blob not null unique, created_at integer not null, expires_at integer not null, ended_at integer);
create index token_organisation on token (organisation, id);

create table authority (id integer primary key, uid blob not null unique, kind integer not null,
    organisation integer not null references organisation, certificate blob not null, sealed_key blob,
    shards integer not null, created_at integer not null, unique (kind, organisation));

create table product (id integer primary key, uid blob not null unique,
    organisation integer not null references organisation, name text not null, model text not null,
    gtin text not null, sector integer not null, support_end integer not null, support_reason text, contact text,
    credential integer not null, created_at integer not null, unique (organisation, model));
create index product_gtin on product (gtin, id);
create index product_organisation on product (organisation, id);

create table batch (id integer primary key, uid blob not null unique,
    organisation integer not null references organisation, product integer not null references product,
    quantity integer not null, issued integer not null, confirmation integer not null,
    valid_from integer not null, valid_until integer not null, created_at integer not null);
create index batch_organisation on batch (organisation, id);

-- device_key is the one index over random values that every made device pays for.
create table device (id integer primary key, uid blob not null, product integer not null, batch integer not null,
    maker integer not null, owner integer not null, serial text not null, key blob not null, idevid integer not null,
    stage integer not null, condition integer not null, confirmed integer not null, period integer not null,
    sequence integer not null, head blob not null, stamps blob not null);
create unique index device_serial on device (product, serial);
create unique index device_key on device (key);
create index device_maker on device (maker, id);
create index device_owner on device (owner, id);

create table certificate (id integer primary key, random blob not null, device integer not null,
    authority integer not null, kind integer not null, period integer not null, der blob not null,
    not_after integer not null, revoked_at integer, reason integer, key blob);
create index certificate_device on certificate (device, id);
-- key: of operational certificates only; that of an IDevID stands with its device.
create index certificate_key on certificate (key) where key is not null;
create table revocation (authority integer not null, shard integer not null, certificate integer not null,
    primary key (authority, shard, certificate)) without rowid;
-- stale: a revocation was committed that the published list does not hold yet.
create table crl (authority integer not null, shard integer not null, number integer not null, der blob,
    next_update integer not null, stale integer not null, primary key (authority, shard)) without rowid;

create table epoch (device integer not null, period integer not null, key blob not null,
    primary key (device, period)) without rowid;
create table event (device integer not null, sequence integer not null, period integer not null,
    kind integer not null, at integer not null, data text not null, commitment blob not null, idx integer not null,
    primary key (device, sequence)) without rowid;
create table fact (id integer primary key, leaf blob not null, idx integer not null);

-- The ledger: what stands where (a leaf gets its place in the transaction of what it tells of), and how far each log
-- is: signed up to size, with full tiles as files up to tiled.
create table leaf (log integer not null, idx integer not null, item integer not null, sequence integer not null,
    primary key (log, idx)) without rowid;
create table log (id integer primary key, size integer not null, root blob not null, note text,
    tiled integer not null);

create table finding (id integer primary key, uid blob not null unique, organisation integer not null,
    device integer, batch integer, kind text not null, level integer not null, at integer not null,
    data text not null);
create index finding_organisation on finding (organisation, id);
create table audit (id integer primary key, at integer not null, organisation integer, actor text not null,
    operation text not null, subject text not null);
create index audit_organisation on audit (organisation, id);
