//! What crosses crates: scenarios, interoperation, a simulated phone.
#![forbid(unsafe_code)]
