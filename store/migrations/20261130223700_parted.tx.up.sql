-- How an agreement was ended, for who may speak by a card afterwards.
ALTER TABLE partnerships ADD COLUMN final text NOT NULL DEFAULT '';
UPDATE partnerships SET final = 'revoked' WHERE state = 'revoked';

-- In which groups somebody is met who is met nowhere else.
CREATE INDEX cards_by_actor ON cards (actor);
