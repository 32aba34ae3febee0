//! The puller against gateways that lie, phones that err, and crashes at any point.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod fixture;

mod access;
mod audit;
mod certificates;
mod chain;
mod crash;
mod enrolment;
mod folk;
mod folk_again;
mod gist;
mod in_force;
#[path = "../../../../tests/src/identity/issuer.rs"]
#[expect(dead_code, reason = "the pages' own tests use the rest")]
mod issuer;
mod keeping;
mod keys;
mod life;
mod log;
mod mail;
mod open;
mod photos;
#[path = "../../../../tests/src/port.rs"]
mod port;
mod refused;
mod rejudge;
mod restored;
mod scale;
mod settle;
mod steps;
mod tls;
mod viewer;
mod witness;
