//! Scenarios over the real programs: one binary, a module a subject.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

mod bindings;
mod capture;
mod cli;
mod configuration;
mod demo;
mod fixture;
mod interop;
mod journey;
mod kill;
mod leak;
mod load;
mod machine;
mod mark;
mod maven;
mod messages;
mod mistakes;
mod newcomer;
mod proxied;
mod setup;
mod shared;
mod trust;
mod witness;
