-- One act on many devices. query: the filter's text; upto: devices made after it are left out; cursor: how far it looked.
-- right_kind: 0 a login, 1 a token. chosen, left_out: as it was looked at; done, passed: as it went.
create table bulk (id integer primary key, uid blob not null unique,
    organisation integer not null references organisation, account integer, right_kind integer not null,
    right_row integer not null, operation text not null, reason text not null, query text not null,
    upto integer not null, cursor integer not null, state integer not null, halt integer, chosen integer not null,
    left_out integer not null, done integer not null, passed integer not null, moves integer not null,
    created_at integer not null, gathered_at integer, started_at integer, ended_at integer);
create index bulk_organisation on bulk (organisation, id);
-- those that background work takes further
create index bulk_gathering on bulk (id) where state = 0;
create index bulk_running on bulk (id) where state = 2;
create index bulk_created on bulk (created_at);
-- outcome: 0 waits, 1 done, above: passed over.
create table bulk_device (bulk integer not null, device integer not null, outcome integer not null,
    primary key (bulk, device)) without rowid;
create index bulk_device_waiting on bulk_device (bulk, device) where outcome = 0;
create index bulk_device_passed on bulk_device (bulk, device) where outcome > 1;
-- Where its devices stood when they were looked at: what the preview shows.
create table bulk_place (bulk integer not null, product integer not null, stage integer not null,
    condition integer not null, outcome integer not null, devices integer not null,
    primary key (bulk, product, stage, condition, outcome)) without rowid;
