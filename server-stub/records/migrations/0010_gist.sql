-- What a filed photo's record says, as JSON: codes and random names, no words and no patient.
ALTER TABLE photo ADD COLUMN gist TEXT;
