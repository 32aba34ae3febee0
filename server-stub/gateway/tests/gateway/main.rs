//! Drives the router in process, and the program over TLS.

mod fixture;

mod enrolment;
mod signatures;
