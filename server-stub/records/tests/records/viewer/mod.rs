//! The viewer's pages, asked as a browser asks.

mod browser;
mod exports;
mod haste;
mod links;
mod links_browser;
mod pages;
mod putting_right;
mod strangers;
pub mod ward;
