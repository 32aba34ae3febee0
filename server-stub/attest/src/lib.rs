//! Enrolment evidence, verified without I/O by both servers.
#![forbid(unsafe_code)]
