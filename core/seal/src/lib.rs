#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod age;
pub mod bundle;
mod entropy;
mod hazmat;
mod photo;
mod pieces;
pub mod strip;

pub use entropy::{Entropy, EntropyError};
pub use photo::{
    OpenPhotoError, OpenedPhoto, OtherPicture, PhotoOpener, PhotoToSeal, SealPhotoError, open_photo,
    seal_photo,
};
pub use pieces::{LayOutError, Middle, Piece, Pieces, Tail, lay_out_photo};
