//! DER, written.

/// One element.
pub fn element(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let mut out = tag.to_vec();
    let length = content.len();
    match length {
        0..128 => out.push(u8::try_from(length).unwrap_or(u8::MAX)),
        _ => {
            let bytes = length.to_be_bytes();
            let short = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
            out.push(0x80 | u8::try_from(short.len()).unwrap_or(8));
            out.extend(short);
        }
    }
    out.extend(content);
    out
}

/// A SEQUENCE.
pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(&[0x30], &parts.concat())
}

/// A SET.
pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    element(&[0x31], &parts.concat())
}

/// An OCTET STRING.
pub fn octets(bytes: &[u8]) -> Vec<u8> {
    element(&[0x04], bytes)
}

/// A NULL.
pub fn null() -> Vec<u8> {
    element(&[0x05], &[])
}

/// A BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    element(&[0x01], &[if value { 0xff } else { 0 }])
}

/// An INTEGER.
pub fn integer(value: u64) -> Vec<u8> {
    number(0x02, value)
}

/// An ENUMERATED.
pub fn enumerated(value: u64) -> Vec<u8> {
    number(0x0a, value)
}

fn number(tag: u8, value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let mut short = bytes[bytes.iter().take_while(|&&byte| byte == 0).count().min(7)..].to_vec();
    if short[0] & 0x80 != 0 {
        short.insert(0, 0);
    }
    element(&[tag], &short)
}

/// An explicit context tag of any number.
pub fn explicit(tag: u32, inner: &[u8]) -> Vec<u8> {
    let low = |shift: u32| u8::try_from(tag >> shift & 0x7f).unwrap_or(0);
    match tag {
        0..31 => element(&[0xa0 | low(0)], inner),
        31..128 => element(&[0xbf, low(0)], inner),
        _ => element(&[0xbf, 0x80 | low(7), low(0)], inner),
    }
}
