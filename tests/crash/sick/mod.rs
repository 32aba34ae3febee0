//! Full disks, read-only ones, permissions lost, no more file descriptors: a cause with a code, nothing half-written,
//! and all goes on by itself when the cause is gone.

mod phone;
mod servers;
