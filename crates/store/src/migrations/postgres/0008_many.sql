-- Many nodes on one store: who does what only one may do, and until when. holder: a name that each run of a node draws.
create table lease (name text collate "C" primary key, holder text not null, until bigint not null);
-- `user` is a reserved word here, where it would read as the role of the connection.
alter table account rename column "user" to login;
