//! ChaCha20-Poly1305 (RFC 8439) as the age format uses it: one seam, and two implementations behind it.
//!
//! What must hold: both make the same bytes and refuse the same; a key is wiped when its cipher is dropped; what a
//! failed opening leaves in a buffer is never handed out.
//!
//! How: ring where it has assembly for the processor, because it seals twice as fast (ADR 0020); the
//! `chacha20poly1305` crate on every other target. Tests hold each against the other. `Cargo.toml` names the same
//! processors.

#[cfg(any(target_arch = "aarch64", target_arch = "arm", target_arch = "x86", target_arch = "x86_64"))]
mod by_ring;
#[cfg(any(
    test,
    not(any(target_arch = "aarch64", target_arch = "arm", target_arch = "x86", target_arch = "x86_64"))
))]
mod portable;

#[cfg(any(target_arch = "aarch64", target_arch = "arm", target_arch = "x86", target_arch = "x86_64"))]
pub(crate) use by_ring::Cipher;
#[cfg(not(any(
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "x86",
    target_arch = "x86_64"
)))]
pub(crate) use portable::Cipher;
use zeroize::Zeroizing;

use super::Failed;

/// Bytes of an authentication tag.
pub(crate) const TAG: usize = 16;

/// Wraps a 16-byte file key under a key and nonce that are used this once.
pub(crate) fn wrap(key: &[u8; 32], nonce: &[u8; 12], secret: &[u8; 16]) -> [u8; 32] {
    let mut body = [0; 32];
    body[..16].copy_from_slice(secret);
    Cipher::new(key).seal_in_place(nonce, &mut body, 16);
    body
}

/// Undoes [`wrap`].
pub(crate) fn unwrap(
    key: &[u8; 32],
    nonce: &[u8; 12],
    body: &[u8; 32],
) -> Result<Zeroizing<[u8; 16]>, Failed> {
    let mut work = Zeroizing::new(*body);
    Cipher::new(key).open_in_place(nonce, work.as_mut())?;
    let mut secret = Zeroizing::new([0; 16]);
    secret.copy_from_slice(&work[..16]);
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same sealed by each.
    fn both(key: &[u8; 32], nonce: &[u8; 12], plain: &[u8]) -> [Vec<u8>; 2] {
        let mut sealed = [(); 2].map(|()| [plain, &[0; TAG]].concat());
        Cipher::new(key).seal_in_place(nonce, &mut sealed[0], plain.len());
        portable::Cipher::new(key).seal_in_place(nonce, &mut sealed[1], plain.len());
        sealed
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn both_ciphers_make_the_same_bytes_and_open_each_others(
            key in any::<[u8; 32]>(), nonce in any::<[u8; 12]>(), plain in prop::collection::vec(any::<u8>(), 0..3000)
        ) {
            let [ours, theirs] = both(&key, &nonce, &plain);
            prop_assert!(ours == theirs);
            let (mut by_ours, mut by_theirs) = (theirs, ours);
            prop_assert!(Cipher::new(&key).open_in_place(&nonce, &mut by_ours).is_ok());
            prop_assert!(portable::Cipher::new(&key).open_in_place(&nonce, &mut by_theirs).is_ok());
            prop_assert!(by_ours[..plain.len()] == plain && by_theirs[..plain.len()] == plain);
        }

        #[test]
        fn both_ciphers_refuse_what_was_changed_or_cut(
            key in any::<[u8; 32]>(), nonce in any::<[u8; 12]>(), plain in prop::collection::vec(any::<u8>(), 0..600),
            at in any::<prop::sample::Index>(), bit in 0_u8..8, kept in any::<prop::sample::Index>()
        ) {
            let [sealed, _] = both(&key, &nonce, &plain);
            let mut flipped = sealed.clone();
            flipped[at.index(sealed.len())] ^= 1_u8 << bit;
            for bad in [&flipped[..], &sealed[..kept.index(sealed.len())]] {
                prop_assert!(Cipher::new(&key).open_in_place(&nonce, &mut bad.to_vec()).is_err());
                prop_assert!(portable::Cipher::new(&key).open_in_place(&nonce, &mut bad.to_vec()).is_err());
            }
        }
    }

    #[test]
    fn whole_chunks_are_the_same_by_both_ciphers() {
        for length in [0, 1, 15, 16, 17, 255, 256, 257, 65_535, 65_536] {
            let plain: Vec<u8> =
                (0..length).map(|at: u32| at.wrapping_mul(0x9e37_79b9).to_be_bytes()[0]).collect();
            let [ours, theirs] = both(&[7; 32], &[9; 12], &plain);
            assert!(ours == theirs, "{length}");
        }
    }
}
