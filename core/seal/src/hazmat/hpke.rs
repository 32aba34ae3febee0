//! HPKE (RFC 9180), base mode, one message: the key schedule behind `mlkem768x25519` and `p256tag` stanzas.
//!
//! Own code because a hardware key performs its agreement behind a callback: the shared secret arrives from
//! outside and only the schedule is left to do. KDF is HKDF-SHA-256 and AEAD is ChaCha20-Poly1305, always.

use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// Which key encapsulation the secret came from (IANA "HPKE KEM Identifiers").
#[derive(Clone, Copy)]
pub(crate) enum Kem {
    /// DHKEM(P-256, HKDF-SHA256).
    P256,
    /// X-Wing: ML-KEM-768 with X25519.
    XWing,
}

impl Kem {
    fn id(self) -> [u8; 2] {
        match self {
            Self::P256 => [0x00, 0x10],
            Self::XWing => [0x64, 0x7a],
        }
    }
}

const VERSION: &[u8] = b"HPKE-v1";

/// The labelled KDF of RFC 9180 section 4, for one suite.
pub(crate) struct Labelled<'a> {
    pub(crate) suite: &'a [u8],
}

impl Labelled<'_> {
    pub(crate) fn extract(&self, salt: &[u8], label: &[u8], secret: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
        for part in [VERSION, self.suite, label, secret] {
            extract.input_ikm(part);
        }
        let (mut prk, _) = extract.finalize();
        let mut out = Zeroizing::new([0; 32]);
        out.copy_from_slice(&prk);
        prk.as_mut_slice().zeroize();
        out
    }

    pub(crate) fn expand(&self, prk: &[u8; 32], label: &[u8], info: &[u8], out: &mut [u8]) {
        let length = u16::try_from(out.len()).expect("outputs are keys, nonces and scalars");
        let parts = [&length.to_be_bytes()[..], VERSION, self.suite, label, info];
        Hkdf::<Sha256>::from_prk(prk)
            .expect("a SHA-256 output is a valid pseudorandom key")
            .expand_multi_info(&parts, out)
            .expect("outputs are far below the limit of 255 blocks");
    }
}

/// What seals the one message: RFC 9180 section 5.1 with mode_base, sequence number 0.
pub(crate) struct Schedule {
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) nonce: Zeroizing<[u8; 12]>,
}

/// Derives key and nonce from a KEM's shared secret.
pub(crate) fn derive_schedule(kem: Kem, shared: &[u8; 32], info: &[u8]) -> Schedule {
    let id = kem.id();
    // HKDF-SHA256 is 0x0001, ChaCha20Poly1305 is 0x0003.
    let suite = [b'H', b'P', b'K', b'E', id[0], id[1], 0, 1, 0, 3];
    let kdf = Labelled { suite: &suite };
    let psk_id_hash = kdf.extract(&[], b"psk_id_hash", &[]);
    let info_hash = kdf.extract(&[], b"info_hash", info);
    let mut context = [0; 65];
    context[1..33].copy_from_slice(psk_id_hash.as_ref());
    context[33..].copy_from_slice(info_hash.as_ref());
    let secret = kdf.extract(shared, b"secret", &[]);
    let mut schedule = Schedule { key: Zeroizing::new([0; 32]), nonce: Zeroizing::new([0; 12]) };
    kdf.expand(&secret, b"key", &context, schedule.key.as_mut());
    kdf.expand(&secret, b"base_nonce", &context, schedule.nonce.as_mut());
    schedule
}
