-- The token of a device for DDI; a new one takes the place of the old. period: it ends with the owner.
create table target_token (device bigint primary key, period bigint not null, hash bytea not null,
    created_at bigint not null);
