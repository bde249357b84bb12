-- Lists of organisations that this instance subscribes to, and whose key signs each.
CREATE TABLE circles (
    url           text PRIMARY KEY,
    name          text NOT NULL,
    signer        text NOT NULL,
    key           text NOT NULL,
    subscribed_at timestamptz NOT NULL
);
