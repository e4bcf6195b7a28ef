-- An organisation that is erased is looked for in what refers to it: not by reading all authorities.
create index authority_organisation on authority (organisation);
