//! The access log on a real disk: written, killed, torn, edited, rolled back and full.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod crash;
mod damage;
mod erase;
mod fixture;
mod full;
mod governance;
mod life;
mod links;
mod places;
