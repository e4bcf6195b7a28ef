-- People: who belongs where, by what they prove themselves, and where they are logged in.
create table membership (organisation bigint not null references organisation, account bigint not null,
    role bigint not null, created_at bigint not null, primary key (organisation, account));
create index membership_account on membership (account, organisation);
insert into membership select organisation, id, role, created_at from account;
create table person (id bigint primary key, uid bytea not null unique, login text collate "C" not null unique,
    password_hash text, language bigint, factor bytea, factor_step bigint not null, codes bytea,
    version bigint not null, created_at bigint not null, changed_at bigint not null);
insert into person select id, uid, login, password_hash, null, null, 0, null, 1, created_at, created_at from account;
drop table account;
alter table person rename to account;

create table passkey (id bigint primary key, uid bytea not null unique, account bigint not null,
    credential bytea not null unique, state text not null, name text not null, created_at bigint not null,
    used_at bigint);
create index passkey_account on passkey (account, id);
create table identity (issuer text collate "C" not null, subject text collate "C" not null, account bigint not null,
    created_at bigint not null, primary key (issuer, subject));
create index identity_account on identity (account);
create table login (id bigint primary key, uid bytea not null unique, account bigint not null,
    organisation bigint not null references organisation, hash bytea not null unique, proof bytea unique,
    strength bigint not null, agent text not null, created_at bigint not null, seen_at bigint not null,
    expires_at bigint not null, ended_at bigint);
create index login_account on login (account, id);
create index login_organisation on login (organisation, account);
create index login_expires on login (expires_at);
create table invitation (id bigint primary key, uid bytea not null unique,
    organisation bigint not null references organisation, account bigint, role bigint not null,
    hash bytea not null unique, note text not null, created_at bigint not null, expires_at bigint not null,
    used_at bigint, ended_at bigint);
create index invitation_organisation on invitation (organisation, id);
create table filter (id bigint primary key, uid bytea not null unique,
    organisation bigint not null references organisation, account bigint not null, name text not null,
    query text not null, created_at bigint not null);
create index filter_account on filter (organisation, account, id);
alter table organisation add column factor bigint not null default 0;
