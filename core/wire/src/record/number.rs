//! The numbers that name a patient, each with its check digit. None has `Debug`.
//!
//! Always: a value of one of these types is ten digits whose last is the modulus 11 check digit of the nine before, and
//! not one digit ten times. Which ranges are issued is judged only where the number's kind hangs on it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::WireError;

/// Health and Care Numbers of Northern Ireland.
const HC_RANGE: std::ops::RangeInclusive<u64> = 3_200_000_010..=3_999_999_999;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $field:literal, $form:literal, $holds:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As somebody typed or scanned it: white space around it goes, and single spaces or hyphens between digits.
            pub fn entered(text: &str) -> Result<Self, WireError> {
                let groups: Vec<&str> = text.trim().split([' ', '-']).collect();
                let whole = groups.iter().all(|group| !group.is_empty());
                let digits = if whole { groups.concat() } else { text.to_owned() };
                digits.parse()
            }

            /// Ten digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WireError;
            fn from_str(text: &str) -> Result<Self, WireError> {
                let holds: fn(&str) -> bool = $holds;
                if is_checked(text) && holds(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(WireError::Expected { field: $field, form: $form })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = WireError;
            fn try_from(text: String) -> Result<Self, WireError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(number: $name) -> String {
                number.0
            }
        }
    };
}

number! {
    /// An NHS number (England, Wales, Isle of Man): ten digits, modulus 11. Ranges are not judged: more are issued.
    NhsNumber, "nhs_number", "ten digits, the last one their check digit; read it again", |_| true
}

number! {
    /// A CHI number (Scotland): ten digits, modulus 11; the first six are a day, `DDMMYY`.
    ChiNumber, "chi_number",
    "ten digits that begin with a birth date DDMMYY, the last one their check digit; read it again",
    begins_with_a_day
}

number! {
    /// A Health and Care Number (Northern Ireland): 320 000 0010 to 399 999 9999, modulus 11.
    HcNumber, "hc_number",
    "ten digits from 320 000 0010 to 399 999 9999, the last one their check digit; read it again",
    |text| text.parse().is_ok_and(|number| HC_RANGE.contains(&number))
}

/// Ten digits, not all the same, with their modulus 11 check digit last (NHS Data Dictionary, NHS NUMBER).
fn is_checked(text: &str) -> bool {
    let digits: Vec<u32> = text.bytes().filter(u8::is_ascii_digit).map(|b| u32::from(b - b'0')).collect();
    if digits.len() != 10 || text.len() != 10 || digits.iter().all(|digit| *digit == digits[0]) {
        return false;
    }
    let sum: u32 = digits.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    let check = (11 - sum % 11) % 11;
    check != 10 && check == digits[9]
}

/// Whether the first six digits are a day of some century's year: a leap day counts where one of them has it.
fn begins_with_a_day(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| {
        text.get(range).and_then(|digits: &str| digits.parse::<i8>().ok()).unwrap_or(0)
    };
    let (day, month, year) = (part(0..2), part(2..4), i16::from(part(4..6)));
    [1900, 2000].iter().any(|century| jiff::civil::Date::new(century + year, month, day).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_nhs_number_needs_its_check_digit() {
        for good in ["9990000042", "9990001030", "9997877896", "9990033900", "0607230002"] {
            assert!(good.parse::<NhsNumber>().is_ok(), "{good}");
        }
        let bad = [
            "9990000043",
            "9990000024",
            "9997877986",
            "9990877896",
            "999 000 0042",
            "999000004",
            "99900000420",
            "999000004A",
            "٩٩٩٠٠٠٠٠٤٢",
            "",
            "0000000000",
            "1111111111",
        ];
        for bad in bad {
            assert!(bad.parse::<NhsNumber>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_may_be_entered_in_groups_and_is_kept_without_them() {
        for entered in ["999 787 7896", "999-787-7896", " 9997877896\n", "9997877896"] {
            assert!(NhsNumber::entered(entered).unwrap().as_str() == "9997877896", "{entered}");
        }
        for bad in ["999  787 7896", "-9997877896", "999\u{a0}787\u{a0}7896", "999.787.7896", "", " "] {
            assert!(NhsNumber::entered(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_chi_number_begins_with_a_day() {
        // Both have their check digit; 30 February is no day.
        assert!("0607230002".parse::<ChiNumber>().is_ok());
        assert!("2902001231".parse::<ChiNumber>().is_ok(), "29 February 2000 was a day");
        assert!("3002001236".parse::<ChiNumber>().is_err());
        assert!("0607230003".parse::<ChiNumber>().is_err());
        assert!("9990000042".parse::<ChiNumber>().is_err());
    }

    #[test]
    fn a_health_and_care_number_lies_in_its_range() {
        assert!("3200000015".parse::<HcNumber>().is_ok());
        assert!("3999999993".parse::<HcNumber>().is_ok());
        assert!("3200000007".parse::<HcNumber>().is_err(), "one below the range");
        assert!("3200000016".parse::<HcNumber>().is_err(), "the check digit");
        assert!("9990000042".parse::<HcNumber>().is_err());
    }

    #[test]
    fn a_number_that_does_not_hold_is_told_with_the_form_expected() {
        let told = |error: WireError| error.to_string();
        assert!(
            told("1".parse::<ChiNumber>().err().unwrap()).starts_with("chi_number: ten digits that begin")
        );
        assert!(told("1".parse::<HcNumber>().err().unwrap()).contains("320 000 0010"));
    }
}
