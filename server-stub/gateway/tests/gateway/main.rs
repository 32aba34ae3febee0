//! Drives the router in process.
