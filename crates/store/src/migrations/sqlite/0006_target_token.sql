-- The token of a device for DDI; a new one takes the place of the old. period: it ends with the owner.
create table target_token (device integer primary key, period integer not null, hash blob not null,
    created_at integer not null);
