-- What the people of one host who follow an actor (or are in a group) add up to
-- (FEP-8fcf). It is kept with each change, since every delivery carries it: to
-- add it up anew would mean to look at all of them.
CREATE TABLE digests (
    kind   text     NOT NULL,
    object bigint   NOT NULL,
    origin text     NOT NULL,
    digest bit(256) NOT NULL, -- XOR of the SHA-256 of their ids
    people int      NOT NULL,
    PRIMARY KEY (kind, object, origin)
);

CREATE FUNCTION digest_of(iri text) RETURNS bit(256) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT ('x' || encode(sha256(convert_to(iri, 'UTF8')), 'hex'))::bit(256) $$;

-- Taking somebody in and out is the same XOR. Rows are written in one order, so
-- that two transactions do not wait for each other.
CREATE FUNCTION keep_digests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        INSERT INTO digests AS d
        SELECT e.kind, e.object, a.origin, bit_xor(digest_of(a.iri)), count(*) FROM after_edges AS e JOIN actors AS a ON a.key = e.actor
        WHERE e.accepted AND e.kind IN ('follow', 'member') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (kind, object, origin) DO UPDATE SET digest = d.digest # EXCLUDED.digest, people = d.people + EXCLUDED.people;
    WHEN 'DELETE' THEN
        INSERT INTO digests AS d
        SELECT e.kind, e.object, a.origin, bit_xor(digest_of(a.iri)), -count(*) FROM before_edges AS e JOIN actors AS a ON a.key = e.actor
        WHERE e.accepted AND e.kind IN ('follow', 'member') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (kind, object, origin) DO UPDATE SET digest = d.digest # EXCLUDED.digest, people = d.people + EXCLUDED.people;
    ELSE
        INSERT INTO digests AS d
        SELECT e.kind, e.object, a.origin, bit_xor(digest_of(a.iri)), sum(CASE WHEN e.accepted THEN 1 ELSE -1 END)
        FROM after_edges AS e JOIN before_edges AS b USING (key) JOIN actors AS a ON a.key = e.actor
        WHERE e.accepted <> b.accepted AND e.kind IN ('follow', 'member') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (kind, object, origin) DO UPDATE SET digest = d.digest # EXCLUDED.digest, people = d.people + EXCLUDED.people;
    END CASE;
    RETURN NULL;
END $$;

CREATE TRIGGER digests_insert AFTER INSERT ON edges REFERENCING NEW TABLE AS after_edges
    FOR EACH STATEMENT EXECUTE FUNCTION keep_digests();
CREATE TRIGGER digests_delete AFTER DELETE ON edges REFERENCING OLD TABLE AS before_edges
    FOR EACH STATEMENT EXECUTE FUNCTION keep_digests();
CREATE TRIGGER digests_update AFTER UPDATE ON edges REFERENCING OLD TABLE AS before_edges NEW TABLE AS after_edges
    FOR EACH STATEMENT EXECUTE FUNCTION keep_digests();

INSERT INTO digests
SELECT e.kind, e.object, a.origin, bit_xor(digest_of(a.iri)), count(*) FROM edges AS e JOIN actors AS a ON a.key = e.actor
WHERE e.accepted AND e.kind IN ('follow', 'member') GROUP BY 1, 2, 3;
