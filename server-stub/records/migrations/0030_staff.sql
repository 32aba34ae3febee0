-- What the hospital's people are called is sealed, and stands under a blind index of their id: what stood here in clear goes, and
-- its bytes are overwritten. Each name is written again when its bearer next does something.
PRAGMA secure_delete = ON;
DELETE FROM staff;
