//! PEM files of certificates (RFC 7468).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::Fault;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// Largest file that is read.
const LIMIT: usize = 256 * 1024;

/// The certificates of a PEM file in order, DER. Text outside the blocks is explanation and ignored; a block of
/// another kind is refused.
pub fn certificates(text: &str) -> Result<Vec<Vec<u8>>, Fault> {
    if text.len() > LIMIT {
        return Err(Fault::ChainMalformed);
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let block = rest[start..].strip_prefix(BEGIN).ok_or(Fault::ChainMalformed)?;
        let (body, after) = block.split_once(END).ok_or(Fault::ChainMalformed)?;
        let body: String = body.split_ascii_whitespace().collect();
        found.push(BASE64_STANDARD.decode(body).map_err(|_| Fault::ChainMalformed)?);
        rest = after;
    }
    if found.is_empty() { Err(Fault::ChainMalformed) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_in_order_and_nothing_else_is_taken_for_one() {
        let text = format!("subject=x\n{BEGIN}\nAQI=\n{END}\nnote\r\n{BEGIN}\r\nAw==\r\n{END}\r\n");
        assert_eq!(certificates(&text), Ok(vec![vec![1, 2], vec![3]]));
        let no_end = format!("{BEGIN}\nAQI=\n");
        let key = "-----BEGIN PRIVATE KEY-----\nAQI=\n-----END PRIVATE KEY-----\n";
        for bad in ["", "AQI=", &no_end, key, &format!("{BEGIN}\nA?=\n{END}")] {
            assert_eq!(certificates(bad), Err(Fault::ChainMalformed), "{bad}");
        }
    }
}
