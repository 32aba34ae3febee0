//! The pages before hostile providers, hostile browsers and people who err.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../../../../tests/src/identity/authenticator.rs"]
mod authenticator;
mod browser;
#[path = "../../../gateway/tests/gateway/browser/driver.rs"]
#[expect(dead_code, reason = "the console presses keys")]
mod driver;
mod factors;
mod fixture;
mod hardware;
#[path = "../../../../tests/src/identity/issuer.rs"]
#[expect(dead_code, reason = "the demo uses the rest")]
mod issuer;
mod losing;
mod outward;
mod people;
#[path = "../../../../tests/src/port.rs"]
mod port;
mod provider;
mod routes;
