-- How often we did something for something, so that nobody makes us do it too often;
-- and how far a job that goes on in parts has come.
CREATE TABLE paces (
    kind    text   NOT NULL,
    subject bigint NOT NULL,
    begun   bigint NOT NULL, -- key of the moment when it was begun last
    step    int    NOT NULL DEFAULT 0,
    total   int    NOT NULL DEFAULT 0, -- how often something was fetched for it, ever
    PRIMARY KEY (kind, subject)
);
CREATE INDEX paces_by_age ON paces (begun);
