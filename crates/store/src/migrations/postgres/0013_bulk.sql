-- One act on many devices. query: the filter's text; upto: devices made after it are left out; cursor: how far it looked.
-- right_kind: 0 a login, 1 a token. chosen, left_out: as it was looked at; done, passed: as it went.
create table bulk (id bigint primary key, uid bytea not null unique,
    organisation bigint not null references organisation, account bigint, right_kind bigint not null,
    right_row bigint not null, operation text not null, reason text not null, query text not null,
    upto bigint not null, cursor bigint not null, state bigint not null, halt bigint, chosen bigint not null,
    left_out bigint not null, done bigint not null, passed bigint not null, moves bigint not null,
    created_at bigint not null, gathered_at bigint, started_at bigint, ended_at bigint);
create index bulk_organisation on bulk (organisation, id);
-- those that background work takes further
create index bulk_gathering on bulk (id) where state = 0;
create index bulk_running on bulk (id) where state = 2;
create index bulk_created on bulk (created_at);
-- outcome: 0 waits, 1 done, above: passed over.
create table bulk_device (bulk bigint not null, device bigint not null, outcome bigint not null,
    primary key (bulk, device));
create index bulk_device_waiting on bulk_device (bulk, device) where outcome = 0;
create index bulk_device_passed on bulk_device (bulk, device) where outcome > 1;
-- Where its devices stood when they were looked at: what the preview shows.
create table bulk_place (bulk bigint not null, product bigint not null, stage bigint not null,
    condition bigint not null, outcome bigint not null, devices bigint not null,
    primary key (bulk, product, stage, condition, outcome));
