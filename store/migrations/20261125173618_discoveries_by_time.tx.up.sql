-- Hosts that were made up are forgotten with their domains: what is too old is found
-- by its time alone.
CREATE INDEX discoveries_by_time ON discoveries (at);
