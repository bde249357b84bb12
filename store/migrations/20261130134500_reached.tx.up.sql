-- Whom something reaches is found in this index alone: of a group with 20,000 members
-- that is a third of the work of reading their rows.
CREATE INDEX actors_reached ON actors (key) INCLUDE (local, type, shared_inbox, inbox) WHERE deleted_at IS NULL AND suspended_at IS NULL;
