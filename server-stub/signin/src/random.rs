//! Random bytes of the operating system, and the two ways in which they are spelt.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

/// The system gives no randomness: nobody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness: restart the machine")]
pub struct NoEntropy;

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut out = [0; N];
    getrandom::fill(&mut out).map_err(|_| NoEntropy)?;
    Ok(out)
}

/// `N` random bytes in base64url.
pub(crate) fn token<const N: usize>() -> Result<String, NoEntropy> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes::<N>()?))
}

/// Lower-case base32 (RFC 4648) without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let (mut out, mut held, mut bits) = (String::with_capacity(bytes.len().div_ceil(5) * 8), 0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(held >> bits) as usize & 31]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[(held << (5 - bits)) as usize & 31]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10, in lower case.
    #[test]
    fn base32_is_the_one_of_rfc_4648() {
        let known = [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("foobar", "mzxw6ytboi"),
        ];
        for (plain, spelt) in known {
            assert_eq!(base32(plain.as_bytes()), spelt);
        }
        assert_eq!(base32(&[0xff; 16]).len(), 26);
    }
}
