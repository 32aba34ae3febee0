//! A record, and the lists that it was chosen from.

use gauze_wire::{
    BodySide, Bytes, CheckDigit, Choice, Consent, ConsentScope, Digest, Established, Fence, FenceVerdict,
    Fitness, FoundMarker, Framing, Identifier, LocalNumbers, NoticeChoice, Patient, PickLists, Policy,
    Record, Rendering, SeriesId, SessionEvidence, ShownNotice, Site, SiteChoice, Text, WoundId,
};

use super::{body, now, policy, tenant};

/// A record that says all there is to say.
pub fn record() -> Record {
    Record {
        v: Record::VERSION,
        tenant: tenant(),
        device_id: body().device_id,
        capture_id: body().capture_id,
        seq: 2,
        captured_at: now(),
        monotonic_ms: 123_456,
        boot_id: "boot-1".parse().unwrap(),
        team: Some(lists().teams.remove(0)),
        clinician: Some(Text::new("Nurse Testclinician").unwrap()),
        session: Some(SessionEvidence {
            token: Text::new("eyJhbGciOiJFUzI1NiJ9.e30.c2ln").unwrap(),
            salt: Bytes::new([7; 16]).unwrap(),
        }),
        patient: Some(patient()),
        site: Some(site()),
        wound: Some(WoundId::make(&[1; 16])),
        series: Some(SeriesId::make(&[2; 16])),
        view: Some(Framing::Straight),
        consent: Some(consent()),
        fence: Some(Fence { id: "ward-9".parse().unwrap(), verdict: FenceVerdict::Inside, sure: 95 }),
        fitness: Some(Fitness {
            sharpness: 812,
            exposure: -40,
            marker: Some(FoundMarker { scale_nm: 61_250, tilt_mdeg: 4_200 }),
        }),
        notes: Some(Text::new("granulating").unwrap()),
        original: Some(Rendering { width: 8000, height: 6000, bytes: 12_000_000 }),
        reduced: Some(Rendering { width: 4000, height: 3000, bytes: 4_000_000 }),
        orientation: 6,
        photo_sha256: Digest::of(b"photo"),
        photo_size: 4_000_000,
    }
}

/// A record with nothing in it that may be left out.
pub fn short_record() -> Record {
    Record {
        team: None,
        clinician: None,
        session: None,
        patient: None,
        site: None,
        wound: None,
        series: None,
        view: None,
        consent: None,
        fence: None,
        fitness: None,
        notes: None,
        original: None,
        reduced: None,
        ..record()
    }
}

pub fn patient() -> Patient {
    Patient {
        nhs_number: Some("9990000042".parse().unwrap()),
        chi_number: None,
        hc_number: None,
        local_number: Some(Text::new("L-0042").unwrap()),
        family: Text::new("Testpatient").unwrap(),
        given: Text::new("Alex").unwrap(),
        dob: "1950-01-31".parse().unwrap(),
        established: Established::Typed { reason: Text::new("the wristband was wet").unwrap() },
        confirmed_by: vec![Identifier::Name, Identifier::NhsNumber],
    }
}

pub fn site() -> Site {
    let choice = lists().sites.remove(0);
    Site {
        system: Some(choice.system),
        code: Some(choice.code),
        words: choice.words,
        side: Some(BodySide::Left),
    }
}

pub fn consent() -> Consent {
    Consent {
        scopes: vec![ConsentScope::Care, ConsentScope::Teaching],
        by: Text::new("patient").unwrap(),
        form: lists().consents.remove(0),
        notice: Some(ShownNotice { code: "photo".parse().unwrap(), version: 3 }),
        at: now(),
        withdrawn: None,
    }
}

/// What the hospital lets people choose from.
pub fn lists() -> PickLists {
    let choice =
        |code: &str, words: &str| Choice { code: code.parse().unwrap(), words: Text::new(words).unwrap() };
    let site = |code: &str, words: &str, sided| SiteChoice {
        system: "http://snomed.info/sct".parse().unwrap(),
        code: code.parse().unwrap(),
        words: Text::new(words).unwrap(),
        sided,
    };
    PickLists {
        teams: vec![choice("tvn", "Tissue viability"), choice("vasc", "Gefäßchirurgie")],
        sites: vec![site("30021000", "lower leg", true), site("54735007", "sacrum", false)],
        consents: vec![choice("verbal", "given by word of mouth"), choice("written", "signed on paper")],
        notices: vec![NoticeChoice {
            code: "photo".parse().unwrap(),
            version: 3,
            words: Text::new("Your photo becomes part of your record.").unwrap(),
        }],
        local_number: None,
    }
}

/// How the hospital writes its own number.
pub fn policy_with_local_number() -> Policy {
    let local_number = LocalNumbers {
        words: Text::new("Hospital number").unwrap(),
        shapes: vec!["RJ1-#######".parse().unwrap(), "@######".parse().unwrap()],
        check: Some(CheckDigit::Modulus11),
    };
    let lists = PickLists { local_number: Some(local_number), ..PickLists::default() };
    Policy { lists: Box::new(lists), ..policy() }
}

pub fn policy_with_lists() -> Policy {
    Policy { lists: Box::new(lists()), ..policy() }
}
