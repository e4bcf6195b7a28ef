-- Public look-ups, counted coarsely: no address stands here, and a claim takes all of it away.
-- day: since 1970, UTC; place: a country, a group of networks (`#17`), or `--`.
create table scan (device integer not null, day integer not null, place text not null, count integer not null,
    primary key (device, day, place)) without rowid;
create index scan_day on scan (day);
-- places: countries, at most 64. alarmed_at: since when they are too many; exempt_until: the code is on show till then.
create table scanned (device integer primary key, first_day integer not null, total integer not null,
    places text not null, alarmed_at integer, exempt_until integer);

-- What people say who looked a device up.
create table report (id integer primary key, uid blob not null unique, device integer not null, at integer not null,
    language integer not null, kind integer not null, text text not null);
create index report_device on report (device, id);
create index report_at on report (at);

-- A device is asked to sign now. near: whether the answer came from the network of the question; of who asked, nothing.
create table challenge (device integer primary key, nonce blob not null, asked_at integer not null, answered_at integer,
    near integer, statement text, signature blob);
create index challenge_asked on challenge (asked_at);

-- 1: `scanned` or `challenge` may have a row, which a look-up then reads.
alter table device add column looked integer not null default 0;
