//! X.509 version 3 certificates (RFC 5280), read without copying.
//!
//! Always: strict DER; the signature algorithm inside equals the one outside, byte for byte; no extension twice; the
//! signature is over exactly the bytes in `signed`. Dates before 1970 and after 9999 are read, because phones write
//! them. Nothing is judged here but form and signatures.

use der::Tag;
use jiff::{Timestamp, civil, tz::TimeZone};
use ring::signature as ring;

use crate::Fault;
use crate::der::{Element, NotDer, Reader, context, unsigned};

/// Longest certificate that is read.
const LIMIT: usize = 16 * 1024;

const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];

const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const RSA_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];

/// A certificate, as it says of itself.
pub(crate) struct Certificate<'a> {
    signed: &'a [u8],
    algorithm: Algorithm<'a>,
    signature: &'a [u8],
    serial: &'a [u8],
    /// The issuer's name, DER.
    pub issuer: &'a [u8],
    /// Its own name, DER.
    pub subject: &'a [u8],
    /// First moment of its validity.
    pub not_before: Timestamp,
    /// Last moment of its validity.
    pub not_after: Timestamp,
    /// SubjectPublicKeyInfo, DER.
    pub spki: &'a [u8],
    /// Its key.
    pub key: Key<'a>,
    extensions: Vec<Extension<'a>>,
}

#[derive(Clone, Copy)]
struct Extension<'a> {
    oid: &'a [u8],
    critical: bool,
    value: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Algorithm<'a> {
    oid: &'a [u8],
    parameters: Option<&'a [u8]>,
}

/// One attribute of a name: its type and its value.
pub(crate) type Attribute<'a> = (&'a [u8], &'a [u8]);

/// A public key of a kind that is supported, or not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    /// On P-256: the SEC1 point.
    P256(&'a [u8]),
    /// On P-384: the SEC1 point.
    P384(&'a [u8]),
    /// RSA: the RSAPublicKey.
    Rsa(&'a [u8]),
    /// Anything else.
    Other,
}

impl<'a> Certificate<'a> {
    /// Reads one certificate, all of `der`.
    pub fn read(der: &'a [u8]) -> Result<Self, NotDer> {
        if der.len() > LIMIT {
            return Err(NotDer);
        }
        let mut outer = Reader(der);
        let mut certificate = outer.sequence()?;
        outer.end()?;
        let signed = certificate.expect(Tag::Sequence)?;
        let algorithm = Algorithm::read(&mut certificate)?;
        let signature = certificate.bits()?;
        certificate.end()?;

        let mut body = signed.inside();
        let mut version = body.expect(context(0))?.inside();
        if version.integer()? != 2 {
            return Err(NotDer);
        }
        version.end()?;
        let serial = unsigned(body.expect(Tag::Integer)?.content)?;
        if Algorithm::read(&mut body)? != algorithm {
            return Err(NotDer);
        }
        let issuer = body.expect(Tag::Sequence)?.whole;
        let (not_before, not_after) = validity(body.sequence()?)?;
        let subject = body.expect(Tag::Sequence)?.whole;
        let spki = body.expect(Tag::Sequence)?;
        let extensions = match body.optional(context(3))? {
            Some(element) => extensions(element)?,
            None => Vec::new(),
        };
        body.end()?;
        Ok(Self {
            signed: signed.whole,
            algorithm,
            signature,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            spki: spki.whole,
            key: Key::read(spki)?,
            extensions,
        })
    }

    /// The serial number in lower-case hex without leading zeros, as the status list spells it.
    pub fn serial_hex(&self) -> String {
        let hex: String = self.serial.iter().map(|byte| format!("{byte:02x}")).collect();
        match hex.trim_start_matches('0') {
            "" => "0".to_owned(),
            short => short.to_owned(),
        }
    }

    /// The value of an extension.
    pub fn extension(&self, oid: &[u8]) -> Option<&'a [u8]> {
        self.extensions.iter().find(|extension| extension.oid == oid).map(|extension| extension.value)
    }

    /// Whether every critical extension is one that is judged here.
    pub fn is_understood(&self) -> bool {
        let known = |oid| [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE].contains(&oid);
        self.extensions.iter().all(|extension| !extension.critical || known(extension.oid))
    }

    /// Whether it may issue certificates, with `below` authorities between it and the end of the chain.
    pub fn may_issue(&self, below: usize) -> bool {
        let constraints = self.extension(BASIC_CONSTRAINTS).map(constraints);
        let Some(Ok(Some(depth))) = constraints else { return false };
        let deep_enough = depth.is_none_or(|depth| u64::try_from(below).is_ok_and(|below| below <= depth));
        deep_enough && self.may_sign_certificates()
    }

    /// Whether it says that it is an authority's (`CA:TRUE`).
    pub fn is_authority(&self) -> bool {
        matches!(self.extension(BASIC_CONSTRAINTS).map(constraints), Some(Ok(Some(_))))
    }

    /// Whether it says in so many words that it is no authority's (`CA:FALSE`).
    pub fn denies_authority(&self) -> bool {
        matches!(self.extension(BASIC_CONSTRAINTS).map(constraints), Some(Ok(None)))
    }

    /// Whether its key usage, if it has one, names the signing of certificates.
    pub fn may_sign_certificates(&self) -> bool {
        match self.extension(KEY_USAGE).map(|value| Reader(value).expect(Tag::BitString)) {
            None => true,
            Some(Ok(bits)) => bits.content.get(1).is_some_and(|&first| first & 0x04 != 0),
            Some(Err(NotDer)) => false,
        }
    }

    /// Whether `issuer` has its subject as our issuer and its key signed this certificate.
    pub fn is_issued_by(&self, issuer: &Self) -> Result<(), Fault> {
        self.is_signed_by(issuer.subject, issuer.key)
    }

    /// The same, for an issuer of whom only name and key are known.
    pub fn is_signed_by(&self, subject: &[u8], key: Key<'_>) -> Result<(), Fault> {
        if self.issuer != subject {
            return Err(Fault::LinkBroken);
        }
        let (algorithm, key): (&'static dyn ring::VerificationAlgorithm, _) = self.algorithm.with(key)?;
        let key = ring::UnparsedPublicKey::new(algorithm, key);
        key.verify(self.signed, self.signature).map_err(|_| Fault::LinkBroken)
    }

    /// Whether its key is strong enough to be believed: RSA from 2048 bits on.
    pub fn is_strong(&self) -> bool {
        let Key::Rsa(key) = self.key else { return true };
        let modulus = Reader(key).sequence().and_then(|mut key| key.expect(Tag::Integer));
        modulus.and_then(|modulus| unsigned(modulus.content)).is_ok_and(|modulus| modulus.len() >= 256)
    }

    /// The attributes of its name: type and value, one after another.
    pub fn subject_attributes(&self) -> Result<Vec<Attribute<'a>>, NotDer> {
        attributes(self.subject)
    }
}

impl<'a> Algorithm<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, NotDer> {
        let mut inside = reader.sequence()?;
        let oid = inside.expect(Tag::ObjectIdentifier)?.content;
        let parameters = if inside.is_empty() { None } else { Some(inside.next()?.whole) };
        inside.end()?;
        Ok(Self { oid, parameters })
    }

    /// The verification for this algorithm with a key of this kind.
    fn with<'k>(&self, key: Key<'k>) -> Result<(&'static dyn ring::VerificationAlgorithm, &'k [u8]), Fault> {
        const NULL: Option<&[u8]> = Some(&[5, 0]);
        Ok(match (self.oid, self.parameters, key) {
            (ECDSA_SHA256, None, Key::P256(key)) => (&ring::ECDSA_P256_SHA256_ASN1, key),
            (ECDSA_SHA384, None, Key::P256(key)) => (&ring::ECDSA_P256_SHA384_ASN1, key),
            (ECDSA_SHA256, None, Key::P384(key)) => (&ring::ECDSA_P384_SHA256_ASN1, key),
            (ECDSA_SHA384, None, Key::P384(key)) => (&ring::ECDSA_P384_SHA384_ASN1, key),
            (RSA_SHA256, NULL, Key::Rsa(key)) => (&ring::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key),
            (RSA_SHA384, NULL, Key::Rsa(key)) => (&ring::RSA_PKCS1_2048_8192_SHA384, key),
            (RSA_SHA512, NULL, Key::Rsa(key)) => (&ring::RSA_PKCS1_2048_8192_SHA512, key),
            _ => return Err(Fault::AlgorithmUnsupported),
        })
    }
}

impl<'a> Key<'a> {
    /// Reads a SubjectPublicKeyInfo; a key of an unknown kind is `Other`.
    pub fn read(spki: Element<'a>) -> Result<Self, NotDer> {
        let mut inside = spki.inside();
        let algorithm = Algorithm::read(&mut inside)?;
        let bits = inside.bits()?;
        inside.end()?;
        let curve =
            |parameters: &'a [u8]| Reader(parameters).expect(Tag::ObjectIdentifier).map(|oid| oid.content);
        Ok(match (algorithm.oid, algorithm.parameters) {
            (EC_KEY, Some(parameters)) => match curve(parameters)? {
                P256 => Self::P256(bits),
                P384 => Self::P384(bits),
                _ => Self::Other,
            },
            (RSA_KEY, Some([5, 0])) => Self::Rsa(bits),
            _ => Self::Other,
        })
    }
}

fn extensions(element: Element<'_>) -> Result<Vec<Extension<'_>>, NotDer> {
    let mut outer = element.inside();
    let mut list = outer.sequence()?;
    outer.end()?;
    let mut extensions: Vec<Extension<'_>> = Vec::new();
    while !list.is_empty() {
        let mut inside = list.sequence()?;
        let oid = inside.expect(Tag::ObjectIdentifier)?.content;
        let critical = match inside.optional(Tag::Boolean)? {
            None => false,
            Some(flag) => match flag.content {
                [0] => false,
                [0xff] => true,
                _ => return Err(NotDer),
            },
        };
        let value = inside.octets()?;
        inside.end()?;
        if extensions.iter().any(|other| other.oid == oid) {
            return Err(NotDer);
        }
        extensions.push(Extension { oid, critical, value });
    }
    Ok(extensions)
}

/// Nothing if it is no authority; else how many authorities may stand below it, if that is limited.
fn constraints(value: &[u8]) -> Result<Option<Option<u64>>, NotDer> {
    let mut outer = Reader(value);
    let mut inside = outer.sequence()?;
    outer.end()?;
    let authority = match inside.optional(Tag::Boolean)?.map(|flag| flag.content) {
        None | Some([0]) => false,
        Some([0xff]) => true,
        Some(_) => return Err(NotDer),
    };
    let depth = inside.optional(Tag::Integer)?.map(|depth| depth.number()).transpose()?;
    inside.end()?;
    Ok(authority.then_some(depth))
}

fn attributes(name: &[u8]) -> Result<Vec<Attribute<'_>>, NotDer> {
    let mut outer = Reader(name);
    let mut sets = outer.sequence()?;
    let mut found = Vec::new();
    while !sets.is_empty() {
        let mut set = sets.expect(Tag::Set)?.inside();
        while !set.is_empty() {
            let mut attribute = set.sequence()?;
            let kind = attribute.expect(Tag::ObjectIdentifier)?.content;
            found.push((kind, attribute.next()?.content));
            attribute.end()?;
        }
    }
    Ok(found)
}

fn validity(mut reader: Reader<'_>) -> Result<(Timestamp, Timestamp), NotDer> {
    let not_before = time(reader.next()?)?;
    let not_after = time(reader.next()?)?;
    reader.end()?;
    Ok((not_before, not_after))
}

/// `UTCTime` or `GeneralizedTime`, to the second, in UTC.
fn time(element: Element<'_>) -> Result<Timestamp, NotDer> {
    let (year_digits, text) = match element.tag {
        Tag::UtcTime => (2, element.content),
        Tag::GeneralizedTime => (4, element.content),
        _ => return Err(NotDer),
    };
    let (digits, b"Z") = text.split_at_checked(year_digits + 10).ok_or(NotDer)? else { return Err(NotDer) };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(NotDer);
    }
    let number = |digits: &[u8]| digits.iter().fold(0_i16, |n, digit| n * 10 + i16::from(digit - b'0'));
    let (year, rest) = digits.split_at(year_digits);
    let year = match (number(year), year_digits) {
        (short @ 50.., 2) => 1900 + short,
        (short, 2) => 2000 + short,
        (year, _) => year,
    };
    let mut two = rest.chunks_exact(2).map(|pair| i8::try_from(number(pair)).unwrap_or(i8::MAX));
    let mut part = || two.next().unwrap_or(i8::MAX);
    let when = civil::DateTime::new(year, part(), part(), part(), part(), part(), 0).map_err(|_| NotDer)?;
    // The last day of the year 9999, which means for ever, is beyond what a timestamp holds.
    Ok(TimeZone::UTC.to_timestamp(when).unwrap_or(Timestamp::MAX))
}
