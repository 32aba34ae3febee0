//! Chains as Android Keystore returns them.

use anyhow::Context as _;
use gauze_wire::PublicKey;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PublicKeyData, SerialNumber, SignatureAlgorithm,
    date_time_ymd,
};

use super::der::{boolean, enumerated, explicit, integer, null, octets, sequence, set};

const DESCRIPTION: &[u64] = &[1, 3, 6, 1, 4, 1, 11129, 2, 1, 17];
const PROVISIONING: &[u64] = &[1, 3, 6, 1, 4, 1, 11129, 2, 1, 30];

/// What the phone says of the key.
#[derive(Clone, Debug)]
pub struct KeyDescription {
    /// Schema version.
    pub version: u64,
    /// Where the attestation was made: 0 software, 1 TEE, 2 StrongBox.
    pub level: u64,
    /// Where the key is.
    pub key_level: u64,
    /// What it was made for.
    pub challenge: Vec<u8>,
    /// 2 is signing, 3 verifying, 7 attesting.
    pub purposes: Vec<u64>,
    /// 3 is EC.
    pub algorithm: u64,
    /// 4 is SHA-256.
    pub digests: Vec<u64>,
    /// 1 is P-256.
    pub curve: u64,
    /// 0 is generated.
    pub origin: u64,
    /// Usable by every app.
    pub all_applications: bool,
    /// Whether there is a root of trust, and in the hardware's list.
    pub root_of_trust: bool,
    /// Whether the bootloader is locked.
    pub locked: bool,
    /// 0 verified, 1 self-signed, 2 unverified, 3 failed.
    pub boot_state: u64,
    /// The key that verified the system.
    pub boot_key: [u8; 32],
    /// 130000 is Android 13.
    pub os_version: u64,
    /// YYYYMM.
    pub os_patch: u64,
    /// YYYYMMDD.
    pub vendor_patch: u64,
    /// YYYYMMDD.
    pub boot_patch: u64,
    /// The app.
    pub package: String,
    /// Its version code.
    pub app_version: u64,
    /// SHA-256 of its signer.
    pub signer: [u8; 32],
    /// The attested serial number.
    pub serial: Option<String>,
}

impl KeyDescription {
    /// A good key in a good phone in November 2026.
    pub fn good(challenge: &[u8]) -> Self {
        Self {
            version: 300,
            level: 1,
            key_level: 1,
            challenge: challenge.to_vec(),
            purposes: vec![2],
            algorithm: 3,
            digests: vec![4],
            curve: 1,
            origin: 0,
            all_applications: false,
            root_of_trust: true,
            locked: true,
            boot_state: 0,
            boot_key: [7; 32],
            os_version: 160_000,
            os_patch: 202_611,
            vendor_patch: 20_261_105,
            boot_patch: 20_261_105,
            package: "uk.nhs.example.gauze".into(),
            app_version: 12,
            signer: [9; 32],
            serial: None,
        }
    }

    /// Its DER.
    pub fn to_der(&self) -> Vec<u8> {
        let application = sequence(&[
            set(&[sequence(&[octets(self.package.as_bytes()), integer(self.app_version)])]),
            set(&[octets(&self.signer)]),
        ]);
        let software = [explicit(701, &integer(1_763_000_000_000)), explicit(709, &octets(&application))];
        sequence(&[
            integer(self.version),
            enumerated(self.level),
            integer(self.version),
            enumerated(self.key_level),
            octets(&self.challenge),
            octets(&[]),
            sequence(&software),
            sequence(&self.hardware()),
        ])
    }

    fn hardware(&self) -> Vec<Vec<u8>> {
        let numbers = |list: &[u64]| set(&list.iter().map(|&number| integer(number)).collect::<Vec<_>>());
        let root = sequence(&[
            octets(&self.boot_key),
            boolean(self.locked),
            enumerated(self.boot_state),
            octets(&[8; 32]),
        ]);
        let mut list = vec![
            explicit(1, &numbers(&self.purposes)),
            explicit(2, &integer(self.algorithm)),
            explicit(3, &integer(256)),
            explicit(5, &numbers(&self.digests)),
            explicit(10, &integer(self.curve)),
            explicit(503, &null()),
        ];
        if self.all_applications {
            list.push(explicit(600, &null()));
        }
        list.push(explicit(702, &integer(self.origin)));
        if self.root_of_trust {
            list.push(explicit(704, &root));
        }
        list.push(explicit(705, &integer(self.os_version)));
        list.push(explicit(706, &integer(self.os_patch)));
        if let Some(serial) = &self.serial {
            list.push(explicit(713, &octets(serial.as_bytes())));
        }
        list.push(explicit(718, &integer(self.vendor_patch)));
        list.push(explicit(719, &integer(self.boot_patch)));
        list
    }
}

/// How the certificates above the phone's are named, which tells how its key came there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// In the factory.
    Factory,
    /// In the factory, below a certificate that is no authority's.
    FactoryEnd,
    /// From the network.
    Remote,
}

/// A certificate below the phone's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Signed by the attested key.
    ByTheKey,
    /// Signed by a key of which the hardware says that it only attests.
    ByAnAttestingKey,
}

/// A maker of phones: root, an authority, and the key in the phone that attests.
pub struct Maker {
    root: Issuer<'static, KeyPair>,
    root_pem: String,
    root_der: Vec<u8>,
    authority_der: Vec<u8>,
    attesting: Issuer<'static, KeyPair>,
    attesting_der: Vec<u8>,
}

impl Maker {
    /// A maker whose authority is valid from 2026-01-01 to 2027-01-01.
    pub fn new(names: Names) -> anyhow::Result<Self> {
        let root_key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let root = authority("root", names, &[])?;
        let root_certificate = root.self_signed(&root_key)?;
        let root_issuer = Issuer::new(root, root_key);
        let middle_key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let middle = authority("middle", names, &[])?;
        let authority_der = middle.signed_by(&middle_key, &root_issuer)?.der().to_vec();
        let middle = Issuer::new(middle, middle_key);
        let attesting_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        // {1: 8}: eight certificates issued lately.
        let info: &[u8] = if names == Names::Remote { &[0xa1, 1, 8] } else { &[] };
        let mut attesting = authority("StrongBox", names, info)?;
        if names == Names::FactoryEnd {
            attesting.is_ca = IsCa::ExplicitNoCa;
            attesting.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        }
        let attesting_der = attesting.signed_by(&attesting_key, &middle)?.der().to_vec();
        Ok(Self {
            root: root_issuer,
            root_pem: root_certificate.pem(),
            root_der: root_certificate.der().to_vec(),
            authority_der,
            attesting: Issuer::new(attesting, attesting_key),
            attesting_der,
        })
    }

    /// The root, PEM.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The chain of a key with this description, and the key; the root is not in it.
    pub fn attest(&self, description: &KeyDescription) -> anyhow::Result<(Vec<Vec<u8>>, KeyPair)> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        Ok((self.attest_key(description, &key)?, key))
    }

    /// The chain of this key.
    pub fn attest_key(
        &self,
        description: &KeyDescription,
        key: &impl PublicKeyData,
    ) -> anyhow::Result<Vec<Vec<u8>>> {
        let leaf = phones_own(description)?.signed_by(key, &self.attesting)?;
        Ok(vec![leaf.der().to_vec(), self.attesting_der.clone(), self.authority_der.clone()])
    }

    /// The same with the root at its end.
    pub fn attest_with_root(&self, description: &KeyDescription) -> anyhow::Result<Vec<Vec<u8>>> {
        let (mut chain, _) = self.attest(description)?;
        chain.push(self.root_der.clone());
        Ok(chain)
    }

    /// A chain whose first certificate was signed by a key that this phone holds.
    pub fn extend(
        &self,
        held: &KeyDescription,
        forged: &KeyDescription,
        forgery: Forgery,
    ) -> anyhow::Result<Vec<Vec<u8>>> {
        let held = match forgery {
            Forgery::ByTheKey => held.clone(),
            Forgery::ByAnAttestingKey => KeyDescription { purposes: vec![7], ..held.clone() },
        };
        let (mut chain, key) = self.attest(&held)?;
        let issuer = Issuer::new(phones_own(&held)?, key);
        let own = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let leaf = phones_own(forged)?.signed_by(&own, &issuer)?;
        chain.insert(0, leaf.der().to_vec());
        Ok(chain)
    }

    /// The same below a key of the phone whose certificate says nothing of it, but bears a factory's names.
    pub fn extend_silently(
        &self,
        held: &KeyDescription,
        forged: &KeyDescription,
    ) -> anyhow::Result<Vec<Vec<u8>>> {
        let (mut chain, key) = self.attest(&KeyDescription { purposes: vec![7], ..held.clone() })?;
        let attesting = Issuer::new(phones_own(held)?, key);
        let between_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut between = authority("TEE", Names::FactoryEnd, &[])?;
        between.is_ca = IsCa::ExplicitNoCa;
        between.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        chain.insert(0, between.signed_by(&between_key, &attesting)?.der().to_vec());
        let own = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let leaf = phones_own(forged)?.signed_by(&own, &Issuer::new(between, between_key))?;
        chain.insert(0, leaf.der().to_vec());
        Ok(chain)
    }

    /// A certificate with this description that the root itself signed.
    pub fn by_root(&self, description: &KeyDescription) -> anyhow::Result<Vec<Vec<u8>>> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        Ok(vec![phones_own(description)?.signed_by(&key, &self.root)?.der().to_vec()])
    }
}

/// A key in a phone, known by its public half: an uncompressed point on P-256.
pub struct PhoneKey(pub [u8; 65]);

impl PublicKeyData for PhoneKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

/// The public half of an attested key.
pub fn public(key: &KeyPair) -> anyhow::Result<PublicKey> {
    PublicKey::from_sec1(key.public_key_raw()).context("a point on P-256")
}

fn authority(name: &str, names: Names, provisioning: &[u8]) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.distinguished_name = rcgen::DistinguishedName::new();
    match names {
        Names::Remote => {
            params.distinguished_name.push(DnType::OrganizationName, name);
            params.distinguished_name.push(DnType::CommonName, "Droid CA");
        }
        Names::Factory | Names::FactoryEnd => {
            params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), "f92009e853b6b045");
            params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 12]), name);
        }
    }
    if !provisioning.is_empty() {
        let info = CustomExtension::from_oid_content(PROVISIONING, provisioning.to_vec());
        params.custom_extensions.push(info);
    }
    Ok(params)
}

fn phones_own(description: &KeyDescription) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.serial_number = Some(SerialNumber::from(1));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Android Keystore Key");
    params.not_before = date_time_ymd(1970, 1, 1);
    params.not_after = date_time_ymd(2048, 1, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.custom_extensions = vec![CustomExtension::from_oid_content(DESCRIPTION, description.to_der())];
    Ok(params)
}
