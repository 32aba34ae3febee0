//! The viewer's pages, asked as a browser asks.

mod archive;
mod browser;
mod carried;
pub mod cases;
mod clinician;
mod day;
mod evidence;
mod exports;
mod fences;
mod governing;
mod handsets;
mod haste;
mod keeping;
mod leaks;
pub mod links;
mod links_browser;
mod notices;
mod pages;
mod phone_notices;
mod phones;
mod policies;
mod putting_right;
mod roles;
mod strangers;
mod table;
mod unmarked;
pub mod ward;
