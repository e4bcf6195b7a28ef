-- The line: what is kept of initial passwords, and a short way to devices that wait for their confirmation.
create table credential (device integer primary key, state integer not null, salt blob, hash blob,
    changed_at integer not null);
create index device_unconfirmed on device (id) where confirmed = 0 and stage = 0;
