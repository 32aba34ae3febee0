//! Drives the router in process, and the program over TLS.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod fixture;

mod alarms;
mod attestations;
mod browser;
mod console;
mod console_forms;
mod console_words;
mod dates;
mod enrolment;
mod life;
mod limits;
mod lineage;
mod listening;
mod log;
mod outcomes;
mod phone_reports;
mod proposals;
mod quotas;
mod reports;
mod resumed;
mod signatures;
mod takeover;
mod tickets;
mod told;
mod transfers;
mod upkeep;
mod voids;
mod witness;
