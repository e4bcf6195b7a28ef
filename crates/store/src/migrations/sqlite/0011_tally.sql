-- What stands where, counted in the transaction that moves it; what happened in an hour, and how it stood at the begin
-- of a day. Counts that stand for no device any more are swept once a day.

-- What a device runs, where that is a release known here: as running.release. 0: nothing is known.
alter table device add column release integer not null default 0;
update device set release = r.release from running r where r.device = device.id and r.release is not null;

-- Short ways to devices that stand somewhere. One that was made and nothing more is in neither: a made device does not
-- pay for them.
create index device_stands_owned on device (owner, product, release, stage, condition, id)
    where stage > 0 or condition > 0 or release > 0;
create index device_stands_made on device (maker, product, release, stage, condition, id) where owner <> maker;

-- side: 0 owned, 1 made by the organisation and another's now.
create table tally (organisation integer not null, side integer not null, product integer not null,
    release integer not null, stage integer not null, condition integer not null, devices integer not null,
    primary key (organisation, side, product, release, stage, condition)) without rowid;
insert into tally select owner, 0, product, release, stage, condition, count(*) from device
    group by owner, product, release, stage, condition;
insert into tally select maker, 1, product, release, stage, condition, count(*) from device where owner <> maker
    group by maker, product, release, stage, condition;
-- day: since 1970, UTC.
create table tally_day (organisation integer not null, day integer not null, side integer not null,
    product integer not null, release integer not null, stage integer not null, condition integer not null,
    devices integer not null,
    primary key (organisation, day, side, product, release, stage, condition)) without rowid;

-- hour: since 1970. kind: of a life event.
create table pulse (organisation integer not null, hour integer not null, kind integer not null,
    events integer not null, primary key (organisation, hour, kind)) without rowid;

-- Of a batch whose line must confirm: devices that it did, and those whose life ended before. last_at: the last of them
-- all, made ones too.
alter table batch add column confirmed integer not null default 0;
alter table batch add column voided integer not null default 0;
alter table batch add column last_at integer;
update batch set confirmed = c.devices from
    (select batch, count(*) as devices from device where confirmed = 1 group by batch) c
    where c.batch = batch.id and batch.confirmation = 1;
update batch set voided = c.devices from
    (select batch, count(*) as devices from device where confirmed = 0 and stage = 5 group by batch) c
    where c.batch = batch.id;
