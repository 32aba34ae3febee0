-- After each batch the records side asks for the receipts that the gateway has not taken: a few among all that were ever filed.
CREATE INDEX photo_unacknowledged ON photo (log_index) WHERE status <> 'waiting' AND acknowledged = 0;
