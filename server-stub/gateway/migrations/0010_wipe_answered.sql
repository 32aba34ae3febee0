-- The wipe order that the phone's newest word on one names: an order is handed out until the phone has signed that very one.
ALTER TABLE device ADD COLUMN wipe_answered TEXT;
