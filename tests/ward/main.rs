//! The core against the real gateway and the real records side, all in one process, with a clock, a disk and a network
//! that do what a test says.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod fixture;

mod answers;
mod capture;
mod carried;
mod causes;
mod enrol;
mod evidence;
mod files;
mod https;
mod inventory;
mod kill;
mod life;
mod managed;
mod notices;
mod overlap;
mod place;
mod queue;
mod record;
mod reduce;
mod refused;
mod reported;
mod reporting;
mod review;
mod sign_in;
mod store;
mod trust;
mod unread;
mod wipes;
