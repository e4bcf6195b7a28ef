-- Notices to people, and where they go. A notice holds neither words nor an address.
alter table organisation add column mail text;
alter table organisation add column language integer;
create table notice (id integer primary key, uid blob not null unique, organisation integer not null, device integer not null,
    kind integer not null, at integer not null, attempts integer not null, next_try integer, sent_at integer,
    receipt_at integer);
-- device: 0 where it is about none.
create index notice_same on notice (organisation, kind, device, at);
create index notice_organisation on notice (organisation, id);
-- next_try: of those that wait only.
create index notice_waiting on notice (next_try) where next_try is not null;
