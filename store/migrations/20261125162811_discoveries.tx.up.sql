-- Which hosts of which domain we have met lately: whoever owns a domain can make
-- as many hosts as they like, and people on each.
CREATE TABLE discoveries (
    domain text NOT NULL, -- that somebody could register
    host   text NOT NULL,
    at     timestamptz NOT NULL,
    PRIMARY KEY (domain, host)
);
