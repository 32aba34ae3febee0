//! Phones in an archive: how each became known, and what the gateway's operators decided about it.

use std::collections::BTreeMap;

use gauze_wire::{Act, Bundle, DeviceId, Digest, Enrolment, Jws, PublicKey, Tenant, WireError};
use serde::{Deserialize, Serialize};

use super::{ENROLMENT, EvidenceError, Files, malformed};

/// What says of each phone what is here.
pub(crate) const DEVICES: &str = "devices.json";

/// How many acts about a phone are not in an archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Beyond as many as one archive holds of a phone.
    pub beyond: usize,
    /// Of the others, those that no list of keys which the hospital keeps proves.
    pub unproven: usize,
}

/// Of one phone; archives of before count nothing.
#[derive(Deserialize)]
struct Said {
    device_id: DeviceId,
    #[serde(default)]
    acts_left_out: LeftOut,
}

/// Phones of which acts are left out, and how many.
pub(super) fn left_out(files: &Files) -> Result<BTreeMap<DeviceId, LeftOut>, EvidenceError> {
    let file = files.iter().find(|(own, _)| own == DEVICES);
    let (_, bytes) = file.ok_or_else(|| EvidenceError::Differs(DEVICES.to_owned()))?;
    let said: Vec<Said> = serde_json::from_slice(bytes).map_err(malformed)?;
    let said = said.into_iter().map(|said| (said.device_id, said.acts_left_out));
    Ok(said.filter(|(_, left_out)| *left_out != LeftOut::default()).collect())
}

const DIR: &str = "phones/";
const ACT: &str = ".act.jws";
const BUNDLE: &str = ".bundle.jws";

/// A phone's enrolment, by its name in the archive.
pub(crate) fn enrolment_name(phone: &DeviceId) -> String {
    format!("{DIR}{phone}/{ENROLMENT}")
}

/// The act at a place of the gateway's log about a phone.
pub(crate) fn act_name(phone: &DeviceId, place: u64) -> String {
    format!("{DIR}{phone}/{place:012}{ACT}")
}

/// A bundle that names the keys by which acts hold.
pub(crate) fn bundle_name(bundle: &Digest) -> String {
    format!("{DIR}{bundle}{BUNDLE}")
}

/// Each phone whose enrolment is there, and how many acts about it are.
pub(super) fn judged(files: &Files, tenant: &Tenant) -> Result<BTreeMap<DeviceId, usize>, EvidenceError> {
    let (mut phones, mut acts) = (BTreeMap::new(), Vec::new());
    let keys = gateways(files, tenant)?;
    for (name, bytes) in files {
        let Some((phone, file)) = name.strip_prefix(DIR).and_then(|own| own.split_once('/')) else {
            continue;
        };
        let other = |_| EvidenceError::OtherPaper(name.clone());
        let phone: DeviceId = phone.parse().map_err(other)?;
        if file == ENROLMENT {
            enrolled(bytes, &phone, tenant).map_err(other)?;
            phones.insert(phone, 0);
        } else {
            decided(bytes, &phone, &keys, tenant).map_err(other)?;
            acts.push((phone, name));
        }
    }
    for (phone, name) in acts {
        *phones.get_mut(&phone).ok_or_else(|| EvidenceError::OtherPaper(name.clone()))? += 1;
    }
    Ok(phones)
}

/// The keys that sign for gateways, as the hospital's bundles name them.
fn gateways(files: &Files, tenant: &Tenant) -> Result<Vec<PublicKey>, EvidenceError> {
    let mut keys = Vec::new();
    for (name, bytes) in files {
        if name.strip_prefix(DIR).is_some_and(|own| own.ends_with(BUNDLE)) {
            let bundle = bundle(bytes, tenant).map_err(|_| EvidenceError::OtherPaper(name.clone()))?;
            keys.extend(bundle.gateways.into_iter().map(|gateway| gateway.key));
        }
    }
    Ok(keys)
}

/// A bundle, by the root that it names itself: the archive's own signature vouches for it.
pub(super) fn bundle(bytes: &[u8], tenant: &Tenant) -> Result<Bundle, WireError> {
    let jws = jws(bytes)?;
    let root = jws.peek::<Bundle>()?.root;
    jws.verify(&root, tenant)
}

pub(super) fn jws(bytes: &[u8]) -> Result<Jws, WireError> {
    Jws::parse(std::str::from_utf8(bytes).map_err(|_| WireError::Malformed("jws"))?)
}

/// Whether this phone signed it.
fn enrolled(bytes: &[u8], phone: &DeviceId, tenant: &Tenant) -> Result<(), WireError> {
    let jws = jws(bytes)?;
    let key = jws.peek::<Enrolment>()?.device_key;
    jws.verify::<Enrolment>(&key, tenant)?;
    if jws.kid() == phone { Ok(()) } else { Err(WireError::UnknownKey) }
}

/// Whether a gateway signed that this was decided about this phone.
fn decided(bytes: &[u8], phone: &DeviceId, keys: &[PublicKey], tenant: &Tenant) -> Result<(), WireError> {
    let act: Act = jws(bytes)?.verify_by(keys, tenant)?;
    if act.deed.device_id() == Some(phone) { Ok(()) } else { Err(WireError::Field("device_id")) }
}

#[cfg(test)]
mod tests {
    use gauze_wire::{Deed, Operator, Reason, Signed as _, Signer as _, SoftwareKey};
    use jiff::Timestamp;

    use super::super::tests::{bundle as made, key};
    use super::*;
    use crate::coded::Coded as _;

    fn act(tenant: &Tenant, at: Timestamp, phone: &DeviceId) -> Act {
        Act {
            v: 1,
            typ: Act::TYP.to_owned(),
            tenant: tenant.clone(),
            at,
            operator: Operator::new("helpdesk-7").unwrap(),
            reason: Reason::new("left in a taxi").unwrap(),
            deed: Deed::Suspend { device_id: phone.clone() },
        }
    }

    #[test]
    fn acts_that_are_left_out_are_told_and_archives_of_before_count_none() {
        let [one, other] = [11, 12].map(|n| key(n).public_key().key_id());
        let files = |said: String| vec![(DEVICES.to_owned(), said.into_bytes())];
        let before = format!(r#"[{{"device_id":"{one}","here":true}}]"#);
        assert_eq!(left_out(&files(before)).unwrap(), BTreeMap::new());
        let counted = format!(
            r#"[{{"device_id":"{one}","acts_left_out":{{"beyond":0,"unproven":0}}}},
                {{"device_id":"{other}","acts_left_out":{{"beyond":7,"unproven":1}}}}]"#
        );
        let left = BTreeMap::from([(other, LeftOut { beyond: 7, unproven: 1 })]);
        assert_eq!(left_out(&files(counted)).unwrap(), left);
        assert_eq!(left_out(&Files::new()).unwrap_err().code(), "evidence_differs");
        assert_eq!(left_out(&files("{}".to_owned())).unwrap_err().code(), "evidence_malformed");
    }

    #[test]
    fn an_act_counts_for_the_phone_that_it_names_by_a_key_of_a_bundle_beside_it_and_by_its_enrolment() {
        let (tenant, at): (Tenant, Timestamp) =
            ("ward-9".parse().unwrap(), "2026-11-24T10:00:00Z".parse().unwrap());
        let [phone, other] = [11, 12].map(|n| key(n).public_key().key_id());
        let bundles = (bundle_name(&Digest::of(b"one")), made(&tenant, at, 2).into_bytes());
        let file = |by: &SoftwareKey, of: &DeviceId, under: &DeviceId| {
            let jws = Jws::sign(&act(&tenant, at, of), by).unwrap();
            (act_name(under, 7), jws.as_str().as_bytes().to_vec())
        };
        let judged = |files: &[&(String, Vec<u8>)]| {
            let files: Files = files.iter().copied().cloned().collect();
            judged(&files, &tenant).map_err(|error| error.code())
        };
        assert_eq!(judged(&[&bundles]), Ok(BTreeMap::new()));
        let honest = file(&key(2), &phone, &phone);
        let keys = gateways(&vec![bundles.clone()], &tenant).unwrap();
        assert!(decided(&honest.1, &phone, &keys, &tenant).is_ok());
        let refused = Err("evidence_other_paper");
        assert_eq!(judged(&[&bundles, &honest]), refused, "nothing says how the phone became known");
        assert_eq!(judged(&[&honest]), refused, "no bundle names the key");
        assert!(decided(&file(&key(7), &phone, &phone).1, &phone, &keys, &tenant).is_err());
        assert!(decided(&file(&key(2), &other, &phone).1, &phone, &keys, &tenant).is_err());
        assert_eq!(judged(&[&(enrolment_name(&phone), b"e30.e30.e30".to_vec())]), refused);
        assert_eq!(judged(&[&(bundle_name(&Digest::of(b"two")), b"no bundle".to_vec())]), refused);
    }
}
