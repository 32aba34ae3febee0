//! A keyed name of a photo or a patient: it names nobody to whoever has no keys.

use std::fmt;
use std::str::FromStr;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const LETTERS: usize = 26;

/// 16 bytes of an HMAC. In addresses and in the access log: 26 characters of lower-case base32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blind(pub(super) [u8; 16]);

impl Blind {
    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn column(row: &SqliteRow, name: &str) -> Result<Option<Self>, sqlx::Error> {
        let bytes: Option<Vec<u8>> = row.try_get(name)?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(Self))
    }
}

impl fmt::Display for Blind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from_be_bytes(self.0);
        let letters: String = (0..LETTERS)
            .map(|at| {
                let shift = 123 - 5 * i32::try_from(at).unwrap_or_default();
                let five = if shift >= 0 { number >> shift } else { number << -shift } & 31;
                char::from(ALPHABET[usize::try_from(five).unwrap_or_default()])
            })
            .collect();
        f.write_str(&letters)
    }
}

/// It is not 26 characters of base32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the address of anything here")]
pub struct NotBlind;

impl FromStr for Blind {
    type Err = NotBlind;
    fn from_str(text: &str) -> Result<Self, NotBlind> {
        if text.len() != LETTERS {
            return Err(NotBlind);
        }
        let mut number = 0_u128;
        for (at, letter) in text.bytes().enumerate() {
            let five = ALPHABET.iter().position(|known| *known == letter).ok_or(NotBlind)? as u128;
            number = if at + 1 < LETTERS { number << 5 | five } else { number << 3 | five >> 2 };
        }
        let read = Self(number.to_be_bytes());
        // One value has one spelling.
        if read.to_string() == text { Ok(read) } else { Err(NotBlind) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blind_name_has_one_spelling() {
        for seed in 0..=255_u8 {
            let blind = Blind(std::array::from_fn(|at| {
                seed.wrapping_mul(31).wrapping_add(u8::try_from(at).unwrap() * 17)
            }));
            let text = blind.to_string();
            assert_eq!(text.parse(), Ok(blind));
            let last = text.chars().last().unwrap();
            for other in ALPHABET.iter().map(|byte| char::from(*byte)).filter(|other| *other != last) {
                let spelled = format!("{}{other}", &text[..25]);
                assert_ne!(spelled.parse(), Ok(blind));
            }
        }
    }
}
