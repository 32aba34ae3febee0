//! The viewer's pages, asked as a browser asks.

mod browser;
mod clinician;
mod haste;
mod pages;
mod putting_right;
mod strangers;
pub mod ward;
