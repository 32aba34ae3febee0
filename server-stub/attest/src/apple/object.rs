//! The bytes of App Attest: attestation objects, assertions, authenticator data.
//!
//! Always: the outer objects are canonical CBOR (keys in order, each once), because no signature covers them; what
//! the authenticator data holds is signed, and is read for what is known of it.

use crate::Fault;
use crate::cbor::{Item, NotCbor, Reader};

/// Largest object that is read.
const LIMIT: usize = 64 * 1024;
/// Most entries of an extension map.
const EXTENSIONS: usize = 16;
/// Authenticator data holds an attested credential.
const CREDENTIAL: u8 = 0x40;
/// Authenticator data says that it holds extensions; some systems hold them and do not say so.
const EXTENDED: u8 = 0x80;

/// An attestation object.
pub(super) struct Object<'a> {
    /// Certificates, the attested key's first.
    pub chain: Vec<&'a [u8]>,
    /// For Apple's fraud metric.
    pub receipt: &'a [u8],
    /// What the certificate's nonce is over.
    pub auth_data: &'a [u8],
}

impl<'a> Object<'a> {
    pub fn read(cbor: &'a [u8]) -> Result<Self, Fault> {
        if cbor.len() > LIMIT {
            return Err(Fault::ObjectMalformed);
        }
        let mut reader = Reader(cbor);
        let format = (|| {
            reader.expect(Item::Map(3))?;
            reader.expect(Item::Text("fmt"))?;
            reader.text()
        })();
        if format.map_err(|_| Fault::ObjectMalformed)? != "apple-appattest" {
            return Err(Fault::FormatUnknown);
        }
        Self::statement(reader).map_err(|_| Fault::ObjectMalformed)
    }

    fn statement(mut reader: Reader<'a>) -> Result<Self, NotCbor> {
        reader.expect(Item::Text("attStmt"))?;
        reader.expect(Item::Map(2))?;
        reader.expect(Item::Text("x5c"))?;
        let certificates = reader.array()?;
        let chain = (0..certificates).map(|_| reader.bytes()).collect::<Result<_, _>>()?;
        reader.expect(Item::Text("receipt"))?;
        let receipt = reader.bytes()?;
        reader.expect(Item::Text("authData"))?;
        let auth_data = reader.bytes()?;
        reader.end()?;
        Ok(Self { chain, receipt, auth_data })
    }
}

/// An assertion.
pub(super) struct Assertion<'a> {
    /// ECDSA, X9.62 DER.
    pub signature: &'a [u8],
    /// Authenticator data without a credential.
    pub auth_data: &'a [u8],
}

impl<'a> Assertion<'a> {
    pub fn read(cbor: &'a [u8]) -> Result<Self, NotCbor> {
        let mut reader = Reader(cbor);
        reader.expect(Item::Map(2))?;
        reader.expect(Item::Text("signature"))?;
        let signature = reader.bytes()?;
        reader.expect(Item::Text("authenticatorData"))?;
        let auth_data = reader.bytes()?;
        reader.end()?;
        Ok(Self { signature, auth_data })
    }
}

/// Authenticator data (WebAuthn section 6.1) as App Attest writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthData<'a> {
    /// SHA-256 of the app id.
    pub rp_id_hash: [u8; 32],
    /// The key's counter.
    pub counter: u32,
    /// The attested key; in attestations alone.
    pub credential: Option<Credential<'a>>,
    /// What systems from iOS 27 on say of the app.
    pub stated: Stated,
}

/// The attested key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credential<'a> {
    /// Which environment.
    pub aaguid: [u8; 16],
    /// The key's id.
    pub id: &'a [u8],
    /// The key: an uncompressed point on P-256.
    pub point: [u8; 65],
}

/// What a system from iOS 27 on says of the app that asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stated {
    /// How the app came to be launched: 4 is the App Store.
    pub category: Option<u32>,
    /// The app's bundle version.
    pub bundle_version: Option<String>,
}

impl<'a> AuthData<'a> {
    /// Reads an attestation's (`with_credential`) or an assertion's authenticator data, to the last byte.
    pub fn read(bytes: &'a [u8], with_credential: bool) -> Result<Self, NotCbor> {
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(NotCbor)?;
        let (&flags, rest) = rest.split_first().ok_or(NotCbor)?;
        let (counter, rest) = rest.split_first_chunk::<4>().ok_or(NotCbor)?;
        let mut reader = Reader(rest);
        // Assertions may keep the flag without holding a credential.
        let credential = match with_credential {
            true if flags & CREDENTIAL == 0 => return Err(NotCbor),
            true => Some(Credential::read(&mut reader)?),
            false => None,
        };
        let stated = match (reader.0.is_empty(), flags & EXTENDED != 0) {
            (true, true) => return Err(NotCbor),
            (true, false) => Stated::default(),
            (false, _) => Stated::read(&mut reader)?,
        };
        reader.end()?;
        let counter = u32::from_be_bytes(*counter);
        Ok(Self { rp_id_hash: *rp_id_hash, counter, credential, stated })
    }
}

impl<'a> Credential<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, NotCbor> {
        let (aaguid, rest) = reader.0.split_first_chunk::<16>().ok_or(NotCbor)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(NotCbor)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, rest) = rest.split_at_checked(length).ok_or(NotCbor)?;
        *reader = Reader(rest);
        // A COSE key (RFC 9053): kty EC2, alg ES256, crv P-256, x, y.
        let head = [Item::Map(5), Item::Unsigned(1), Item::Unsigned(2), Item::Unsigned(3), Item::Negative(6)];
        head.into_iter().try_for_each(|item| reader.expect(item))?;
        [Item::Negative(0), Item::Unsigned(1)].into_iter().try_for_each(|item| reader.expect(item))?;
        let mut point = [4; 65];
        for (name, half) in [(1, 1..33), (2, 33..65)] {
            reader.expect(Item::Negative(name))?;
            let coordinate: &[u8; 32] = reader.bytes()?.try_into().map_err(|_| NotCbor)?;
            point[half].copy_from_slice(coordinate);
        }
        Ok(Self { aaguid: *aaguid, id, point })
    }
}

impl Stated {
    /// Reads an extension map. Names that are not known are passed over; none may stand twice.
    fn read(reader: &mut Reader<'_>) -> Result<Self, NotCbor> {
        let pairs = reader.map()?;
        if pairs > EXTENSIONS {
            return Err(NotCbor);
        }
        let mut stated = Self::default();
        let mut names = Vec::with_capacity(pairs);
        for _ in 0..pairs {
            let name = reader.text()?;
            if names.contains(&name) {
                return Err(NotCbor);
            }
            names.push(name);
            match name {
                "apple_validation_category_01" => stated.category = Some(category(reader.next()?)?),
                "apple_bundle_version_01" => stated.bundle_version = Some(reader.text()?.to_owned()),
                _ => reader.skip()?,
            }
        }
        Ok(stated)
    }
}

/// Four bytes, the lowest first, as Apple's example has it, or a number, as Apple's text has it.
fn category(item: Item<'_>) -> Result<u32, NotCbor> {
    match item {
        Item::Bytes(bytes) => Ok(u32::from_le_bytes(bytes.try_into().map_err(|_| NotCbor)?)),
        Item::Unsigned(number) => u32::try_from(number).map_err(|_| NotCbor),
        _ => Err(NotCbor),
    }
}
