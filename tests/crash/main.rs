//! What must be survived: killed processes, power cuts, sick disks; and that nothing is ever written or left in the
//! clear. Real programs, and the system calls they make.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

mod clear;
mod kill;
mod power;
mod report;
mod sick;
mod site;
mod specimen;
mod trace;
mod view;
