-- The line: what is kept of initial passwords, and a short way to devices that wait for their confirmation.
create table credential (device bigint primary key, state bigint not null, salt bytea, hash bytea,
    changed_at bigint not null);
create index device_unconfirmed on device (id) where confirmed = 0 and stage = 0;
