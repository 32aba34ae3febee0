//! Bech32 (BIP 173) as age uses it: the original checksum, no length limit, one case only.
//!
//! What must hold: one key has exactly one spelling; decoded secrets are wiped by the caller's buffer.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Checksum, Fe32, Fe1024, Hrp};
use zeroize::Zeroizing;

use super::KeyError;

/// Bech32 with room for a post-quantum key: the crate's own stops at 1023 characters.
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = u32;
    type CorrectionField = Fe1024;
    const ROOT_GENERATOR: Fe1024 = Fe1024::new([Fe32::P, Fe32::X]);
    const ROOT_EXPONENTS: std::ops::RangeInclusive<usize> = 24..=26;
    const CODE_LENGTH: usize = 4096;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// Which kind a string claims to be, by its prefix, in the one case that age allows for it.
pub(super) fn prefix(text: &str) -> &str {
    text.rfind('1').map_or("", |at| &text[..at])
}

/// Decodes exactly `N` bytes under `hrp`, which also fixes the case of the whole string.
pub(super) fn decode<const N: usize>(hrp: &str, text: &str) -> Result<Zeroizing<[u8; N]>, KeyError> {
    if prefix(text) != hrp {
        return Err(KeyError::Kind);
    }
    let checked = CheckedHrpstring::new::<LongBech32>(text).map_err(|_| KeyError::Encoding)?;
    checked.validate_segwit_padding().map_err(|_| KeyError::Encoding)?;
    let mut out = Zeroizing::new([0; N]);
    let mut bytes = checked.byte_iter();
    for slot in out.iter_mut() {
        *slot = bytes.next().ok_or(KeyError::Key)?;
    }
    if bytes.next().is_some() {
        return Err(KeyError::Key);
    }
    Ok(out)
}

/// The text of a public key: lower case.
pub(super) fn encode_public(hrp: &str, bytes: &[u8]) -> String {
    let hrp = Hrp::parse(hrp).expect("our prefixes are valid");
    bech32::encode_lower::<LongBech32>(hrp, bytes).expect("our keys fit the code length")
}

/// The text of a secret key: upper case, wiped on drop.
pub(super) fn encode_secret(hrp: &str, bytes: &[u8]) -> Zeroizing<String> {
    let hrp = Hrp::parse(hrp).expect("our prefixes are valid");
    // Room for all of it, so that growing leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(128));
    bech32::encode_upper_to_fmt::<LongBech32, String>(&mut text, hrp, bytes)
        .expect("our keys fit the code length");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_checksum_is_consistent() {
        LongBech32::sanity_check();
    }

    #[test]
    fn both_cases_have_one_spelling_each() {
        let text = encode_public("age", &[9; 32]);
        assert_eq!(*decode::<32>("age", &text).unwrap(), [9; 32]);
        assert_eq!(decode::<32>("age", &text.to_uppercase()), Err(KeyError::Kind));
        let mixed = format!("{}{}", &text[..30], text[30..].to_uppercase());
        assert_eq!(decode::<32>("age", &mixed), Err(KeyError::Encoding));
        assert_eq!(decode::<33>("age", &text), Err(KeyError::Key));
        assert_eq!(decode::<31>("age", &text), Err(KeyError::Key));
    }
}
