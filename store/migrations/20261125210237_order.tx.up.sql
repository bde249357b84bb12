-- An Undo takes back exactly the activity that it names, whatever came when. An edge
-- remembers all activities that it stands for; and what was taken back only because an
-- unknown id had to mean something comes back when that id arrives after all.
ALTER TABLE edges ADD COLUMN earlier text[] NOT NULL DEFAULT '{}';
ALTER TABLE tombstones ADD COLUMN unless text NOT NULL DEFAULT '';
CREATE INDEX tombstones_unless ON tombstones (unless) WHERE unless <> '';
