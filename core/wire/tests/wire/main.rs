//! What is said on the wire: recorded vectors, strictness, the log, request signatures.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

mod dpop;
mod http;
mod log;
mod record;
mod rfc9421;
mod rfc9530;
mod samples;
mod signature;
mod strict;
mod structured;
mod vectors;
