//! Scenarios over the real programs: one binary, a module a subject.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

mod apps;
mod bindings;
mod capture;
mod cli;
mod configuration;
mod demo;
#[path = "../../server-stub/gateway/tests/gateway/browser/driver.rs"]
#[expect(dead_code, reason = "the console is looked at and goes by keys")]
mod driver;
mod fixture;
mod interop;
mod journey;
mod keycloak;
mod kill;
mod leak;
mod load;
mod looks;
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
mod wordless;
mod wrong_clock;
