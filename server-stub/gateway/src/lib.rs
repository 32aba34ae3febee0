//! The edge: takes sealed photos from proven devices, opens none.
#![forbid(unsafe_code)]
