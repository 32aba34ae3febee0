//! The viewer's pages, asked as a browser asks.

mod browser;
mod haste;
mod leaks;
mod pages;
mod putting_right;
mod strangers;
pub mod ward;
