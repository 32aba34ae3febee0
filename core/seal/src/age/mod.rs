//! The age v1 file format (C2SP `age.md`): what a photo is sealed in, so that a hospital can open it without us.
//!
//! What must hold: a file is sealed to the recipients given and to nobody else; recipients are all post-quantum
//! or all classical, on writing and on reading; nothing is handed out that was not authenticated first; secrets
//! wipe themselves and print nothing; memory does not grow with the file.
//!
//! How: [`Recipients`] is the checked set of public keys, [`Sealer`] takes plaintext and hands ciphertext to a
//! sink, [`Opener`] takes ciphertext and hands plaintext to a sink. An opener needs something that can
//! [`Unwrap`]: an [`Identity`], a hardware key behind [`P256TagIdentity`], or a bare [`FileKey`].
//!
//! Left out on purpose: ASCII armour and passphrases. Both are refused by name, before any work is done for them.

mod bech;
mod header;
mod identity;
mod opener;
mod recipient;
mod sealer;
mod stanza;
mod stream;
mod tag;

pub use header::MAX_HEADER;
pub use identity::{Identity, IdentityFileError, X25519Identity, XWingIdentity, parse_identity_file};
pub use opener::{OpenError, Opener, StreamError, open_small};
pub use recipient::{
    KeyError, Recipient, Recipients, RecipientsError, TagRecipient, X25519Recipient, XWingRecipient,
};
pub(crate) use sealer::Opening;
pub use sealer::{SealedDigest, Sealer, seal_small};
pub use stanza::{FileKey, Stanza, Unwrap, UnwrapError};
pub use stream::CHUNK;
pub(crate) use stream::{ChunkCipher, SEALED_CHUNK};
pub use tag::{AgreeError, P256TagIdentity};
