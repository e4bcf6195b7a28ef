-- Who works on a batch, by the token that asks: devices made, devices refused with a finding.
create table station (batch bigint not null, token bigint not null, made bigint not null,
    refused bigint not null, last_at bigint not null, primary key (batch, token));
