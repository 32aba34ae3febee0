//! Sign-in of the hospital's people: OpenID Connect, a second factor, sessions on the server.
//!
//! What a token proves counts, never what was asked for. It knows no page and no socket: `gauze-records` serves what it decides.
#![forbid(unsafe_code)]

mod age;
pub mod begun;
pub mod config;
pub mod evidence;
pub mod factors;
pub mod jwt;
pub mod keys_seen;
pub mod networks;
pub mod outward;
pub mod phones;
pub mod provider;
pub mod random;
pub mod rules;
pub mod sessions;
