-- Who works on a batch, by the token that asks: devices made, devices refused with a finding.
create table station (batch integer not null, token integer not null, made integer not null,
    refused integer not null, last_at integer not null, primary key (batch, token)) without rowid;
