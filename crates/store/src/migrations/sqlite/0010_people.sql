-- People: who belongs where, by what they prove themselves, and where they are logged in.
create table person (id integer primary key, uid blob not null unique, login text not null unique,
    password_hash text, language integer, factor blob, factor_step integer not null, codes blob,
    version integer not null, created_at integer not null, changed_at integer not null);
insert into person select id, uid, login, password_hash, null, null, 0, null, 1, created_at, created_at from account;
create table membership (organisation integer not null references organisation, account integer not null,
    role integer not null, created_at integer not null, primary key (organisation, account)) without rowid;
create index membership_account on membership (account, organisation);
insert into membership select organisation, id, role, created_at from account;
drop table account;
alter table person rename to account;

create table passkey (id integer primary key, uid blob not null unique, account integer not null,
    credential blob not null unique, state text not null, name text not null, created_at integer not null,
    used_at integer);
create index passkey_account on passkey (account, id);
create table identity (issuer text not null, subject text not null, account integer not null,
    created_at integer not null, primary key (issuer, subject)) without rowid;
create index identity_account on identity (account);
create table login (id integer primary key, uid blob not null unique, account integer not null,
    organisation integer not null references organisation, hash blob not null unique, proof blob unique,
    strength integer not null, agent text not null, created_at integer not null, seen_at integer not null,
    expires_at integer not null, ended_at integer);
create index login_account on login (account, id);
create index login_organisation on login (organisation, account);
create index login_expires on login (expires_at);
create table invitation (id integer primary key, uid blob not null unique,
    organisation integer not null references organisation, account integer, role integer not null,
    hash blob not null unique, note text not null, created_at integer not null, expires_at integer not null,
    used_at integer, ended_at integer);
create index invitation_organisation on invitation (organisation, id);
create table filter (id integer primary key, uid blob not null unique,
    organisation integer not null references organisation, account integer not null, name text not null,
    query text not null, created_at integer not null);
create index filter_account on filter (organisation, account, id);
alter table organisation add column factor integer not null default 0;
