//! What proves a case, as one archive that is judged without us: its lines with their proofs, hashes of what is concerned, what was signed
//! about its phones, what was in force then, and our statement of every file.
//!
//! Always: what is judged is the whole archive, byte by byte, as it was packed; no patient is named in it in clear.

mod phones;
mod then;

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::action::Action;
use gauze_people::cases::{Carried, Step, Teller};
use gauze_people::log::{Entry, Happening, Outcome, Proven, PublicKeys, What, check_proof};
use gauze_wire::{
    Act, Bundle, Deed, DeviceId, Digest, Enrolment, Jws, PublicKey, Report, Shape, Signed, Signer, Tenant,
    WireError,
};
use jiff::Timestamp;
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _, LineEnding};
use serde::{Deserialize, Serialize};

use crate::coded::Coded;

pub use phones::LeftOut;
pub(crate) use phones::{DEVICES, act_name, bundle_name, enrolment_name};
pub(crate) use then::{IN_FORCE, POLICY, POLICY_BUNDLE, then_name};

const HOSPITAL: &str = "hospital.pem";
const KEYS: &str = "access-keys.json";
const STATEMENT: &str = "evidence.jws";
const SUMS: &str = "SHA256SUMS";
/// The gateway's act by which it carried the report, and the bundle that names its key.
pub(crate) const ACT: &str = "act.jws";
pub(crate) const BUNDLE: &str = "bundle.jws";
/// A phone's report as it signed it, and the enrolment that names its key.
pub(crate) const REPORT: &str = "report.jws";
pub(crate) const ENROLMENT: &str = "enrolment.jws";

/// Largest archive, in bytes, and most files of one.
pub const LARGEST: usize = 256 << 20;
const MOST: usize = 100_000;

/// Why an archive proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// It cannot be read.
    #[error("the archive does not read: {0}")]
    Malformed(String),
    /// There is too much of it.
    #[error("it has more than 256 MiB or 100 000 files")]
    TooLarge,
    /// A file is missing, is more, or is another.
    #[error("{0} is not as it was packed")]
    Differs(String),
    /// The hospital's statement does not hold.
    #[error("the hospital's statement does not hold: {0}")]
    Statement(#[source] WireError),
    /// The archive was signed by another key than the one that was given.
    #[error("another key than the hospital's signed the archive")]
    OtherKey,
    /// A line is not in the log.
    #[error("the proof of line {0} does not hold: {1}")]
    Line(String, #[source] WireError),
    /// The gateway's act does not hold, or is of another report.
    #[error("the gateway's act is not that of the report")]
    OtherAct,
    /// The phone's report does not hold, or is another one.
    #[error("the phone's report is not that of the case")]
    OtherReport,
    /// An enrolment, an act, a bundle or a policy does not hold, or is another one.
    #[error("{0} is not what was signed")]
    OtherPaper(String),
    /// What the statement names is not what the log says.
    #[error("line {0} is not what the archive says it is")]
    OtherLine(u64),
}

impl Coded for EvidenceError {
    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "evidence_malformed",
            Self::TooLarge => "evidence_too_large",
            Self::Differs(_) => "evidence_differs",
            Self::Statement(_) => "evidence_statement",
            Self::OtherKey => "evidence_other_key",
            Self::Line(..) => "evidence_line",
            Self::OtherAct => "evidence_other_act",
            Self::OtherReport => "evidence_other_report",
            Self::OtherPaper(_) => "evidence_other_paper",
            Self::OtherLine(_) => "evidence_other_line",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::OtherKey => "Ask the hospital for its keys again, by another way than the archive came.",
            _ => "Do not rely on this archive. Ask the hospital for another one.",
        }
    }
}

fn malformed(error: impl ToString) -> EvidenceError {
    EvidenceError::Malformed(error.to_string())
}

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    name: String,
    sha256: Digest,
}

/// What the archive is: `typ` `gauze-case-evidence`, signed by the records key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    v: u32,
    typ: String,
    tenant: Tenant,
    /// The case: the number of its report's line.
    case: u64,
    /// The line under which the archive left.
    line: u64,
    at: Timestamp,
    files: Vec<Part>,
}

impl Signed for Statement {
    const TYP: &'static str = "gauze-case-evidence";

    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}

/// Which case, and under which line and when the archive leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    pub(crate) case: u64,
    pub(crate) line: u64,
    pub(crate) at: Timestamp,
}

type Files = Vec<(String, Vec<u8>)>;

/// Most bytes of a line beside what it holds itself: the path and the checkpoint of its proof, its name in statement and sums, its
/// words in the time line.
const LINE: usize = 5 << 10;
/// So many bytes, and so many files, are for what stands in every archive.
const REST: (usize, usize) = (16 << 20, 40);

/// Whether lines and papers of so many bytes fit into one archive, and so many `more` lines that are not written yet.
pub(crate) fn fits(lines: impl Iterator<Item = usize>, more: usize) -> bool {
    let (mut bytes, mut files) = (REST.0 + 2 * more * LINE, REST.1 + more);
    for line in lines {
        // It is packed as the base64 of what is base64 already.
        bytes += LINE + 2 * line;
        files += 1;
    }
    bytes <= LARGEST && files <= MOST
}

/// A proof's name in the archive.
pub(crate) fn proof_name(line: u64) -> String {
    format!("lines/{line:012}.tlog-proof")
}

/// Packs files with the keys that they are judged by, and signs for all of it (POSIX tar).
pub(crate) fn pack(
    mut files: Files,
    leaving: Leaving,
    access: &PublicKeys,
    key: &dyn Signer,
) -> Result<Vec<u8>, EvidenceError> {
    files.push((KEYS.to_owned(), serde_json::to_vec_pretty(access).map_err(malformed)?));
    files.push((HOSPITAL.to_owned(), pem(&key.public_key())?.into_bytes()));
    let part = |(name, bytes): &(String, Vec<u8>)| Part { name: name.clone(), sha256: Digest::of(bytes) };
    let statement = Statement {
        v: 1,
        typ: Statement::TYP.to_owned(),
        tenant: access.tenant.clone(),
        case: leaving.case,
        line: leaving.line,
        at: leaving.at,
        files: files.iter().map(part).collect(),
    };
    let jws = Jws::sign(&statement, key).map_err(EvidenceError::Statement)?;
    let packed = tar(sealed(files, &jws)?, leaving.at)?;
    // What is packed is judged.
    if packed.len() > LARGEST || statement.files.len() + 4 > MOST {
        Err(EvidenceError::TooLarge)
    } else {
        Ok(packed)
    }
}

/// The files with what is made of them: the statement, in two spellings, and the sums.
fn sealed(mut files: Files, jws: &Jws) -> Result<Files, EvidenceError> {
    let (signed, signature) = jws.as_str().rsplit_once('.').ok_or_else(|| malformed("jws"))?;
    let raw = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(malformed)?;
    let der = p256::ecdsa::Signature::from_slice(&raw).map_err(malformed)?.to_der();
    files.push((STATEMENT.to_owned(), jws.as_str().as_bytes().to_vec()));
    files.push(("evidence.signed".to_owned(), signed.as_bytes().to_vec()));
    files.push(("evidence.der".to_owned(), der.as_bytes().to_vec()));
    let sum = |(name, bytes): &(String, Vec<u8>)| format!("{}  {name}\n", Digest::of(bytes));
    let sums: String = files.iter().map(sum).collect();
    files.push((SUMS.to_owned(), sums.into_bytes()));
    Ok(files)
}

fn tar(files: Files, at: Timestamp) -> Result<Vec<u8>, EvidenceError> {
    let mut packed = tar::Builder::new(Vec::new());
    for (name, bytes) in &files {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(bytes.len()).map_err(malformed)?);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(at.as_second()).unwrap_or_default());
        packed.append_data(&mut header, name, bytes.as_slice()).map_err(malformed)?;
    }
    packed.into_inner().map_err(malformed)
}

fn pem(key: &PublicKey) -> Result<String, EvidenceError> {
    let key = p256::PublicKey::from_sec1_bytes(&key.to_sec1()).map_err(malformed)?;
    key.to_public_key_pem(LineEnding::LF).map_err(malformed)
}

/// A public key of a PEM file.
///
/// # Errors
/// [`EvidenceError::Malformed`].
pub fn public_key(pem: &str) -> Result<PublicKey, EvidenceError> {
    let key = p256::PublicKey::from_public_key_pem(pem).map_err(malformed)?;
    PublicKey::from_sec1(&key.to_sec1_bytes()).map_err(malformed)
}

/// What an archive proves.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// Whose.
    pub tenant: Tenant,
    /// The case: the number of its report's line.
    pub case: u64,
    /// The line under which it left.
    pub line: u64,
    /// When.
    pub at: Timestamp,
    /// Lines of the access log that it proves.
    pub lines: usize,
    /// Witnesses that cosigned the tree of each of them.
    pub witnesses: Vec<String>,
    /// True where the keys came another way than in the archive itself.
    pub keys_given: bool,
    /// Of a report that the gateway carried: whether its act is here, signed by the key that the hospital's bundle names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<bool>,
    /// Of a phone's report: whether it is here, signed by the key that the phone's enrolment names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<bool>,
    /// Phones concerned: how each became known is here, and how many acts of the gateway about it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub phones: BTreeMap<DeviceId, usize>,
    /// Phones of which acts are not here, and how many.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acts_left_out: BTreeMap<DeviceId, LeftOut>,
    /// Files of what was in force then, and the line that says of each which one it was; nothing where none says so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub then: BTreeMap<String, Option<u64>>,
}

/// Judges an archive by itself, or by keys that came another way.
///
/// # Errors
/// [`EvidenceError`]: it proves nothing.
pub fn verify(
    archive: &[u8],
    hospital: Option<&PublicKey>,
    access: Option<&PublicKeys>,
) -> Result<Evidence, EvidenceError> {
    let read = read(archive)?;
    let file = |name: &str| {
        let found = read.iter().find(|(own, _)| own == name);
        found.map(|(_, bytes)| bytes.as_slice()).ok_or_else(|| EvidenceError::Differs(name.to_owned()))
    };
    let text = |name: &str| std::str::from_utf8(file(name)?).map_err(malformed);
    let packed = public_key(text(HOSPITAL)?)?;
    if hospital.is_some_and(|given| *given != packed) {
        return Err(EvidenceError::OtherKey);
    }
    let own: PublicKeys = serde_json::from_slice(file(KEYS)?).map_err(malformed)?;
    let keys = access.unwrap_or(&own);
    let jws = Jws::parse(text(STATEMENT)?).map_err(EvidenceError::Statement)?;
    let said: Statement = jws.verify(&packed, &keys.tenant).map_err(EvidenceError::Statement)?;
    let proven = proven(&said, keys, &proofs(&said, &read, (&jws, archive))?)?;
    let judged = |teller, (one, other): (&str, &str), judge: Judge| {
        let Some(carried) = carried(&said, &proven).filter(|carried| carried.teller == teller) else {
            return Ok(None);
        };
        if file(one).is_err() || file(other).is_err() {
            return Ok(Some(false));
        }
        judge(text(one)?, text(other)?, &keys.tenant, &carried).map(|()| Some(true))
    };
    let act = judged(Teller::Operator, (ACT, BUNDLE), acted)?;
    let report = judged(Teller::Phone, (REPORT, ENROLMENT), reported)?;
    let witnesses = proven.values().next().map(|one| one.witnesses.clone()).unwrap_or_default();
    let of_all = |name: &String| proven.values().all(|one| one.witnesses.contains(name));
    Ok(Evidence {
        tenant: said.tenant,
        case: said.case,
        line: said.line,
        at: said.at,
        lines: proven.len(),
        witnesses: witnesses.into_iter().filter(of_all).collect(),
        keys_given: hospital.is_some() && access.is_some(),
        act,
        report,
        phones: phones::judged(&read, &keys.tenant)?,
        acts_left_out: phones::left_out(&read)?,
        then: then::judged(&read, &proven, &keys.tenant)?,
    })
}

/// The proofs of lines, once every file is the one that was stated and was packed as that.
fn proofs<'a>(
    said: &'a Statement,
    read: &'a Files,
    (jws, archive): (&Jws, &[u8]),
) -> Result<Vec<(&'a String, &'a str)>, EvidenceError> {
    let (mut stated, mut proofs) = (Files::new(), Vec::new());
    for (at, part) in said.files.iter().enumerate() {
        let is = |(name, bytes): &&(String, Vec<u8>)| *name == part.name && Digest::of(bytes) == part.sha256;
        let packed = read.get(at).filter(is).ok_or_else(|| EvidenceError::Differs(part.name.clone()))?;
        if part.name.starts_with("lines/") {
            proofs.push((&part.name, std::str::from_utf8(&packed.1).map_err(malformed)?));
        }
        stated.push(packed.clone());
    }
    // Whatever is more, or is packed in another way, was not packed here.
    if tar(sealed(stated, jws)?, said.at)? != archive {
        return Err(EvidenceError::Differs("the archive".to_owned()));
    }
    Ok(proofs)
}

/// Judges two files by what the report's line notes.
type Judge = fn(&str, &str, &Tenant, &Carried) -> Result<(), EvidenceError>;

/// What the report's line notes, where the gateway carried it.
fn carried(said: &Statement, proven: &BTreeMap<u64, Proven>) -> Option<Carried> {
    Carried::of(&proven.get(&said.case)?.entry)
}

/// Whether the gateway signed an act that carried what the line notes.
fn acted(act: &str, bundle: &str, tenant: &Tenant, carried: &Carried) -> Result<(), EvidenceError> {
    let act = || -> Result<Act, WireError> {
        let bundle = Jws::parse(bundle)?;
        let root = bundle.peek::<Bundle>()?.root;
        let keys: Vec<PublicKey> =
            bundle.verify::<Bundle>(&root, tenant)?.gateways.into_iter().map(|gateway| gateway.key).collect();
        Jws::parse(act)?.verify_by(&keys, tenant)
    };
    let act = act().map_err(|_| EvidenceError::OtherAct)?;
    let same =
        matches!(&act.deed, Deed::Report { sealed } if Digest::of(sealed.as_slice()) == carried.sealed);
    let at = carried.made_at.map(Timestamp::as_second) == Some(act.at.as_second());
    if same && at { Ok(()) } else { Err(EvidenceError::OtherAct) }
}

/// Whether a phone signed a report of what the line notes.
fn reported(report: &str, enrolment: &str, tenant: &Tenant, carried: &Carried) -> Result<(), EvidenceError> {
    let report = || -> Result<Report, WireError> {
        let enrolment = Jws::parse(enrolment)?;
        let key = enrolment.peek::<Enrolment>()?.device_key;
        Jws::parse(report)?.verify(&enrolment.verify::<Enrolment>(&key, tenant)?.device_key, tenant)
    };
    let report = report().map_err(|_| EvidenceError::OtherReport)?;
    let same = Digest::of(report.sealed.as_slice()) == carried.sealed;
    if same { Ok(()) } else { Err(EvidenceError::OtherReport) }
}

/// Each line that the archive holds, judged; among them the report, and the line under which it left.
fn proven(
    said: &Statement,
    keys: &PublicKeys,
    proofs: &[(&String, &str)],
) -> Result<BTreeMap<u64, Proven>, EvidenceError> {
    let mut proven = BTreeMap::new();
    for (name, proof) in proofs {
        let wrong = |error| EvidenceError::Line((*name).clone(), error);
        let one = check_proof(proof, keys).map_err(wrong)?;
        if proof_name(one.index) != **name {
            return Err(EvidenceError::OtherLine(one.index));
        }
        proven.insert(one.index, one);
    }
    let is = |line: u64, what: &[What], fits: &dyn Fn(&Entry) -> bool| {
        let entry = proven.get(&line).map(|one| &one.entry);
        let right = entry
            .is_some_and(|entry| what.contains(&entry.what) && entry.outcome == Outcome::Done && fits(entry));
        if right { Ok(()) } else { Err(EvidenceError::OtherLine(line)) }
    };
    let carried = [Happening::OperatorReport, Happening::PhoneReport].map(What::Happening);
    let reports = [&[What::Action(Action::Report)], carried.as_slice()].concat();
    is(said.case, &reports, &|_| true)?;
    let left = |entry: &Entry| {
        let step = entry.note.as_ref().and_then(|note| Step::of(note.as_str()));
        step == Some((Step::Evidence, said.case)) && entry.at == said.at
    };
    is(said.line, &[What::Action(Action::CaseEvidence)], &left)?;
    Ok(proven)
}

/// Plain files alone, each with the bytes that stand in the archive: nothing in it makes more of them than there are.
fn read(archive: &[u8]) -> Result<Files, EvidenceError> {
    let mut files = Files::new();
    if archive.len() > LARGEST {
        return Err(EvidenceError::TooLarge);
    }
    for entry in tar::Archive::new(archive).entries().map_err(malformed)?.raw(true) {
        let mut entry = entry.map_err(malformed)?;
        if !entry.header().entry_type().is_file() {
            return Err(malformed("it holds something else than plain files"));
        }
        if files.len() == MOST {
            return Err(EvidenceError::TooLarge);
        }
        let name = String::from_utf8(entry.path_bytes().into_owned()).map_err(malformed)?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(malformed)?;
        files.push((name, bytes));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;

    use gauze_people::cases::Kind;
    use gauze_wire::log::NoteKey;
    use gauze_wire::{Bytes, Gateway, Operator, Reason, RecipientEntry, RecipientState, SoftwareKey};

    use super::*;

    pub(super) fn key(n: u8) -> SoftwareKey {
        SoftwareKey::from_bytes(&[n; 32]).unwrap()
    }

    /// A bundle that names one gateway, with this key.
    pub(super) fn bundle(tenant: &Tenant, at: Timestamp, gateway: u8) -> String {
        let log = NoteKey::from_bytes("gateway.test/ward-9", &[4; 32]).unwrap().log_key();
        let recipient = RecipientEntry {
            recipient: "age1pq1active".to_owned(),
            state: RecipientState::Active,
            since: at,
        };
        let bundle = Bundle {
            v: 1,
            typ: Bundle::TYP.to_owned(),
            tenant: tenant.clone(),
            version: 1,
            issued_at: at,
            fresh_until: Timestamp::MAX,
            root: key(1).public_key(),
            next_root: None,
            recipients: vec![recipient],
            gateways: vec![Gateway {
                url: "https://gateway.test".to_owned(),
                key: key(gateway).public_key(),
                log,
            }],
            records: vec![key(3).public_key()],
            witnesses: vec![NoteKey::from_bytes("ward-9/witness", &[8; 32]).unwrap().witness_key()],
            policy_keys: vec![key(5).public_key()],
        };
        Jws::sign(&bundle, &key(1)).unwrap().as_str().to_owned()
    }

    #[test]
    fn an_act_that_is_of_another_report_or_that_no_key_of_the_bundle_signed_proves_nothing() {
        let (tenant, at): (Tenant, Timestamp) =
            ("ward-9".parse().unwrap(), "2026-11-24T10:00:00.125Z".parse().unwrap());
        let act = Act {
            v: 1,
            typ: Act::TYP.to_owned(),
            tenant: tenant.clone(),
            at,
            operator: Operator::new("night-desk-3").unwrap(),
            reason: Reason::new("what they said is sealed").unwrap(),
            deed: Deed::Report { sealed: Bytes::new(*b"an age file").unwrap() },
        };
        let made_at = Timestamp::from_second(at.as_second()).unwrap();
        let sealed = Digest::of(b"an age file");
        let noted = Carried {
            teller: Teller::Operator,
            kind: Kind::Breach,
            aware_at: made_at,
            made_at: Some(made_at),
            sealed,
            said: None,
            leaf: None,
        };
        let judged = |by: u8, listed: u8, noted: &Carried| {
            let act = Jws::sign(&act, &key(by)).unwrap();
            acted(act.as_str(), &bundle(&tenant, at, listed), &tenant, noted).map_err(|error| error.code())
        };
        assert_eq!(judged(2, 2, &noted), Ok(()));
        let refused = Err("evidence_other_act");
        assert_eq!(judged(7, 2, &noted), refused, "another key signed it");
        assert_eq!(judged(2, 2, &Carried { sealed: Digest::of(b"another"), ..noted }), refused);
        assert_eq!(judged(2, 2, &Carried { made_at: Some(Timestamp::UNIX_EPOCH), ..noted }), refused);
        let other: Tenant = "ward-8".parse().unwrap();
        assert!(acted("", &bundle(&other, at, 2), &tenant, &noted).is_err());
    }

    #[test]
    fn what_is_more_than_an_archive_holds_is_known_before_a_line_of_it_is_written() {
        assert!(fits(std::iter::empty(), 2));
        let (line, room) = (1000, LARGEST - REST.0);
        let most = room / (LINE + 2 * line);
        assert!(fits(repeat_n(line, most), 0) && !fits(repeat_n(line, most + 1), 0));
        assert!(!fits(repeat_n(line, most), 1), "what is still to be written has its place");
        assert!(!fits(std::iter::empty(), MOST));
    }
}
