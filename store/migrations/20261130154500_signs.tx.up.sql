-- People are not only met by a word, but also by what is done to them or to what they
-- wrote: a like, a follow, an invitation. Those count apart, so that the applause of a
-- large server shuts nobody's mouth.
ALTER TABLE first_contacts ADD COLUMN word boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN first_contacts.note IS 'the note, or the activity that is no word';
