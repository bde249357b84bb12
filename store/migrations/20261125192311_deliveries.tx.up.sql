-- Where each activity of ours goes and what has come of it: for their order, for
-- those that the queue has lost, and for who wants to know.
CREATE TABLE deliveries (
    activity   bigint NOT NULL,
    inbox      text   NOT NULL,
    host       text   NOT NULL,
    sender     bigint NOT NULL,
    object     bigint NOT NULL, -- a digest of who does it and of what it is about
    made_at    timestamptz NOT NULL,
    settled_at timestamptz,     -- null: it is under way, or waits
    outcome    text   NOT NULL DEFAULT '', -- delivered, or why not
    PRIMARY KEY (activity, inbox)
);
CREATE INDEX deliveries_under_way ON deliveries (inbox, object, activity) WHERE settled_at IS NULL;

-- Activities that are not yet turned into their deliveries.
CREATE TABLE fans (
    activity bigint PRIMARY KEY,
    object   bigint NOT NULL
);
CREATE INDEX fans_by_object ON fans (object, activity);

-- Deliveries that wait for an earlier one about the same thing.
CREATE INDEX parked_behind ON parked (host) WHERE reason = 'behind' AND dead_at IS NULL;

ALTER TABLE hosts
    ADD COLUMN paused_until timestamptz,          -- it asked us to stay away (Retry-After)
    ADD COLUMN dropped bigint NOT NULL DEFAULT 0; -- deliveries that were given up
