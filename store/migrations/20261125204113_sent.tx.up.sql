-- A promise stays for a moment after the queue has taken it: a power failure may take
-- from the queue what it has acknowledged last.
ALTER TABLE outbox ADD COLUMN sent_at timestamptz;
CREATE INDEX outbox_to_send ON outbox (id) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
