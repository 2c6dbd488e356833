-- The same words as everywhere else: an id comes after another one, and a witness has a word.
alter table plain_creation rename column above to after;
alter table plain_beat rename to plain_word;
alter table plain_word rename column beat to word;

-- Asked for with every file that is told.
create index plain_creation_made on plain_creation (database, made);
