-- When a device was last heard from; written in batches.
create table seen (device integer primary key, at integer not null);
