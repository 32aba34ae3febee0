//! What phone, gateway and records side say to one another.
#![forbid(unsafe_code)]
