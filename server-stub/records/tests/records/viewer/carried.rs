//! What operators reported at the gateway: a case each, once, whatever is pulled again, and an operator's word and no more.

use axum::http::StatusCode;
use gauze_people::log::{Entry, Happening, What};
use gauze_people::person::Role;
use gauze_seal::age::{Identity, Recipients, seal_small};
use gauze_wire::{
    Act, Bytes, Deed, Happened, Incident, Jws, Operator, Reason, Signed as _, SoftwareKey, Text,
};
use jiff::SignedDuration;

use super::ward::{Browser, Office, TEAM, Ward, person};
use crate::fixture::SystemEntropy;

const WHAT: &str = "A handover sheet of Mrs Quillonbert lay in the lift";
const WHOSE: &str = "Tannenwald ward, two patients";

fn officer(ward: &Ward) -> Browser<'_> {
    ward.sign_in(person("Officer Governance", Role::Governance, TEAM))
}

fn incident(ward: &Ward, hours: i64) -> Incident {
    Incident {
        v: 1,
        kind: Happened::Breach,
        what: Text::new(WHAT).unwrap(),
        whose: Text::new(WHOSE).unwrap(),
        phone: Some(Text::new("SN-Holunderbusch").unwrap()),
        noticed_at: ward.hospital.now() - SignedDuration::from_hours(hours),
    }
}

fn sealed(to: &Identity, text: &[u8]) -> Deed {
    let recipients = Recipients::new([to.to_recipient()]).unwrap();
    let sealed = seal_small(&recipients, &mut SystemEntropy, text).unwrap();
    Deed::Report { sealed: Bytes::new(sealed).unwrap() }
}

fn act(ward: &Ward, deed: Deed) -> Act {
    Act {
        v: 1,
        typ: Act::TYP.into(),
        tenant: ward.hospital.tenant(),
        at: ward.hospital.now(),
        operator: Operator::new("night-desk-3").unwrap(),
        reason: Reason::new("what they said is sealed").unwrap(),
        deed,
    }
}

/// As the gateway logs it.
fn logged(ward: &Ward, deed: Deed) {
    let gateway = &ward.hospital.gateway;
    gateway.log(&Jws::sign(&act(ward, deed), &gateway.signer()).unwrap());
}

fn lines(ward: &Ward) -> Vec<Entry> {
    let of = |entry: &Entry| entry.what == What::Happening(Happening::OperatorReport);
    ward.office.entries().into_iter().filter(of).collect()
}

/// Pulls, and has somebody look: the numbers of the open cases.
async fn pulled(ward: &Ward) -> Vec<u64> {
    ward.puller.pass().await.unwrap();
    assert_eq!(officer(ward).get("/cases").await.status, StatusCode::OK);
    ward.office.remembered().cases.open().iter().map(|case| case.number).collect()
}

#[tokio::test]
async fn a_report_that_the_gateway_carried_becomes_a_case_with_its_clock() {
    let ward = Ward::with(&[]).await;
    logged(&ward, sealed(&ward.hospital.identities()[0], &incident(&ward, 20).to_text().unwrap()));
    let numbers = pulled(&ward).await;
    let [number] = numbers.as_slice() else { panic!("{numbers:?}") };
    let cases = ward.office.remembered().cases;
    let case = cases.get(*number).unwrap();
    assert_eq!(case.by, None, "nobody of the hospital's people reported it");
    assert_eq!(case.aware_at, ward.hospital.now() - SignedDuration::from_hours(20));
    assert!(case.runs() && case.left(ward.hospital.now()) == SignedDuration::from_hours(52));
    let officer = officer(&ward);
    let page = officer.get(&format!("/cases/{number}")).await.text();
    for told in [
        WHAT,
        WHOSE,
        "SN-Holunderbusch",
        "night-desk-3",
        "The gateway carried it",
        "Operator of IT (gateway console)",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let form = officer.get(&format!("/cases/{number}/form")).await.text();
    assert!(form.contains("Operator of IT (gateway console) reported it"), "{form}");
    let [line] = lines(&ward).try_into().unwrap();
    assert!(line.who.is_none() && line.session.is_none() && line.reason.unwrap().sealed_words.is_some());
    for dir in [ward.office.dir.path().to_owned(), ward.hospital.data()] {
        super::cases::nowhere(&dir, &["Quillonbert", "Tannenwald", "Holunderbusch", "night-desk-3"]);
    }
    ward.end().await;
}

#[tokio::test]
async fn it_is_one_case_after_more_pulls_a_restart_another_index_and_the_same_report_twice() {
    let mut ward = Ward::with(&[]).await;
    let deed = sealed(&ward.hospital.identities()[0], &incident(&ward, 1).to_text().unwrap());
    logged(&ward, deed.clone());
    let first = pulled(&ward).await;
    assert_eq!(first.len(), 1);
    assert_eq!(pulled(&ward).await, first);
    ward.restart();
    assert_eq!(pulled(&ward).await, first, "a restart forgets no case and makes none again");
    // A gateway that was restored logs once more what it had logged.
    logged(&ward, deed);
    assert_eq!(pulled(&ward).await, first);
    assert_eq!(lines(&ward).len(), 1);

    // The access log of a copy from before the report: it is a case again, and aware since the same moment.
    let aware = ward.office.remembered().cases.get(first[0]).unwrap().aware_at;
    ward.office = Office::new(&ward.hospital).await;
    ward.restart();
    let again = pulled(&ward).await;
    assert_eq!(again.len(), 1);
    assert_eq!(ward.office.remembered().cases.get(again[0]).unwrap().aware_at, aware);
    ward.end().await;
}

#[tokio::test]
async fn without_room_in_the_access_log_each_waits_and_then_becomes_one_case() {
    let ward = Ward::with(&[]).await;
    for hours in [1, 2] {
        logged(&ward, sealed(&ward.hospital.identities()[0], &incident(&ward, hours).to_text().unwrap()));
    }
    ward.puller.pass().await.unwrap();
    let officer = officer(&ward);
    for (room, written) in [(0, 0), (1, 1), (0, 1)] {
        ward.office.breaks_behind(room);
        officer.get("/cases").await;
        assert_eq!(lines(&ward).len(), written);
    }
    ward.office.breaks(false);
    assert_eq!(pulled(&ward).await.len(), 2);
    assert_eq!(lines(&ward).len(), 2);
    ward.end().await;
}

#[tokio::test]
async fn what_nothing_here_opens_is_a_case_that_says_so_and_what_the_gateway_did_not_sign_is_none() {
    let ward = Ward::with(&[]).await;
    let text = incident(&ward, 30).to_text().unwrap();
    let own = &ward.hospital.identities()[0];
    let other = Identity::make_mlkem768x25519(&mut SystemEntropy).unwrap();
    let forged = act(&ward, sealed(own, &text));
    let stranger = SoftwareKey::from_bytes(&[77; 32]).unwrap();
    ward.hospital.gateway.log(&Jws::sign(&forged, &stranger).unwrap());
    assert!(pulled(&ward).await.is_empty());

    logged(&ward, sealed(&other, &text));
    logged(&ward, sealed(own, b"{\"v\":2}"));
    logged(&ward, Deed::Report { sealed: Bytes::new(*b"no age file").unwrap() });
    let numbers = pulled(&ward).await;
    assert_eq!(numbers.len(), 3);
    for number in numbers {
        let page = officer(&ward).get(&format!("/cases/{number}")).await.text();
        assert!(page.contains("cannot be opened") && page.contains("night-desk-3"), "{page}");
        assert_eq!(ward.office.remembered().cases.get(number).unwrap().aware_at, ward.hospital.now());
    }
    // Who noticed it after they reported it did so then.
    let late =
        Incident { noticed_at: ward.hospital.now() + SignedDuration::from_hours(9), ..incident(&ward, 0) };
    logged(&ward, sealed(own, &late.to_text().unwrap()));
    pulled(&ward).await;
    let cases = ward.office.remembered().cases;
    assert!(cases.open().iter().all(|case| case.aware_at <= ward.hospital.now()));
    assert_eq!(cases.open().len(), 4);
    ward.end().await;
}
