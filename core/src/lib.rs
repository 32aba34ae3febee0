//! Everything the phone decides: capture, store, queue, review.
#![forbid(unsafe_code)]
