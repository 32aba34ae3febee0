-- photo.folk is 2 where the photo was erased: it stands in the index for people no more, and nothing puts it there again.
-- What is due is looked for by the time at which it was taken.
CREATE INDEX folk_taken ON folk (taken_ms, log_index);
