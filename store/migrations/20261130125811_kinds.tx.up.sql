-- How far a group is open, here or elsewhere, as its document says: see activity.Actor.Access.
ALTER TABLE actors ADD COLUMN access text GENERATED ALWAYS AS (CASE
    WHEN type <> 'Group' THEN NULL
    WHEN doc->>'accessType' = 'private' THEN 'secret'
    WHEN doc->>'accessType' = 'closed' OR doc->'manuallyApprovesFollowers' = 'true' THEN 'closed'
    ELSE 'open' END) STORED;
