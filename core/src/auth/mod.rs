//! The phone's identity towards the gateway: enrolment, and a signature on every request but the transfer.

mod clocks;
mod contact;
mod enrol;
mod gateway;
mod identity;
mod offered;
mod session;

pub(crate) use clocks::Clocks;
pub(crate) use contact::Contact;
pub use enrol::EnrolError;
pub(crate) use enrol::{Enroller, PhoneModel};
pub use gateway::CallError;
pub(crate) use gateway::{GatewayClient, PROBLEM, TRANSFERS, Unanswered, parse};
pub(crate) use identity::{Identity, VaultSigner};
pub(crate) use session::{Begun, Signed, begin as begin_sign_in};
pub use session::{Clinician, SignInError, SignInPage};
