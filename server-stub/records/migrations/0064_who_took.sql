-- Labels hold what proves a photo's clinician: rows of before are made again from the filed photos, in place, and stay seen or new.
UPDATE photo SET folk = 0 WHERE folk = 1;
