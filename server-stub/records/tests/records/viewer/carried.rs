//! What operators reported at the gateway: a case each, once, whatever is pulled again, and an operator's word and no more.

use std::io::Read as _;

use axum::http::StatusCode;
use gauze_people::cases::{A_DAY, Reporter, Teller};
use gauze_people::log::{Entry, Happening, What};
use gauze_people::person::Role;
use gauze_records::evidence::verify;
use gauze_seal::age::{Identity, Recipients, seal_small};
use gauze_wire::{Act, Bytes, Deed, Happened, Incident, Jws, ReportId, SoftwareKey, Text};
use jiff::SignedDuration;

use super::ward::{Browser, Office, TEAM, Ward, person};
use crate::fixture::SystemEntropy;

const WHAT: &str = "A handover sheet of Mrs Quillonbert lay in the lift";
const WHOSE: &str = "Tannenwald ward, two patients";

fn officer(ward: &Ward) -> Browser<'_> {
    ward.sign_in(person("Officer Governance", Role::Governance, TEAM))
}

/// Of something that was noticed so many hours ago, in a form of its own for each.
fn incident(ward: &Ward, hours: i64) -> Incident {
    Incident {
        v: 1,
        report_id: ReportId::make(&u128::to_be_bytes(hours.unsigned_abs().into())),
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
    ward.hospital.act(("night-desk-3", "what they said is sealed"), deed)
}

/// What a page says of when an act of now was made.
fn by_the_gateways_clock(ward: &Ward) -> String {
    format!("on {}, by the gateway's clock", ward.hospital.now().strftime("%d-%b-%Y %H:%M UTC"))
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
    assert_eq!(case.by, Reporter::Carried(Teller::Operator), "nobody of the hospital's people reported it");
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
        &format!("{}, by Operator of IT", by_the_gateways_clock(&ward)),
        "It reached us",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let form = officer.get(&format!("/cases/{number}/form")).await.text();
    let told = format!(
        "Operator of IT (gateway console) reported it {}. It reached us on ",
        by_the_gateways_clock(&ward)
    );
    assert!(form.contains(&told), "{form}");
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
async fn a_form_that_came_twice_is_one_case_under_whatever_seal_and_other_words_are_another() {
    let mut ward = Ward::with(&[]).await;
    let own = ward.hospital.identities().remove(0);
    let said = incident(&ward, 1);
    for _ in 0..2 {
        logged(&ward, sealed(&own, &said.to_text().unwrap()));
    }
    let first = pulled(&ward).await;
    assert_eq!(first.len(), 1, "a double click");
    ward.restart();
    logged(&ward, sealed(&own, &said.to_text().unwrap()));
    assert_eq!(pulled(&ward).await, first, "nor after a restart");
    // Whoever went back and wrote more, and whoever says the same in a form of their own, has said something else.
    let more = Incident { what: Text::new("And another sheet").unwrap(), ..said.clone() };
    let other = Incident { report_id: incident(&ward, 99).report_id, ..said };
    for incident in [more, other] {
        logged(&ward, sealed(&own, &incident.to_text().unwrap()));
    }
    assert_eq!(pulled(&ward).await.len(), 3);
    ward.end().await;
}

/// Looks until nothing more comes of it.
async fn settled(ward: &Ward) -> Vec<u64> {
    let mut last = pulled(ward).await;
    loop {
        let next = pulled(ward).await;
        if next == last {
            return next;
        }
        last = next;
    }
}

#[tokio::test]
async fn a_gateway_that_floods_makes_a_days_measure_of_cases_and_one_that_counts_the_rest() {
    let mut ward = Ward::with(&[]).await;
    let own = ward.hospital.identities().remove(0);
    let flood = |ward: &Ward, hours: std::ops::Range<i64>| {
        hours.for_each(|hours| logged(ward, sealed(&own, &incident(ward, hours).to_text().unwrap())));
    };
    flood(&ward, 0..40);
    ward.puller.pass().await.unwrap();
    assert_eq!(settled(&ward).await.len(), 40);
    // What is a case is known by its hash: one turn comes past all of them, though it opens fewer.
    ward.restart();
    flood(&ward, 40..41);
    assert_eq!(pulled(&ward).await.len(), 41);

    flood(&ward, 41..i64::try_from(A_DAY).unwrap() + 7);
    let numbers = settled(&ward).await;
    let crowd = |ward: &Ward| {
        let cases = ward.office.remembered().cases;
        let crowds: Vec<_> =
            cases.open().into_iter().filter(|case| !case.crowds.is_empty()).cloned().collect();
        let [crowd] = crowds.as_slice() else { panic!("{} cases that count", crowds.len()) };
        (crowd.number, crowd.crowds.iter().map(|(_, crowd)| crowd.count).sum::<u64>())
    };
    let (number, count) = crowd(&ward);
    assert_eq!((numbers.len(), count), (A_DAY + 1, 7));
    let page = officer(&ward).get(&format!("/cases/{number}")).await.text();
    for told in
        ["The gateway carried more than 50 reports within a day", "7 more, in the entries", "in wrong hands"]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    let form = officer(&ward).get(&format!("/cases/{number}/form")).await.text();
    assert!(form.contains("More reports of the gateway's operators reached us from"), "{form}");
    // A restart counts none twice, and what comes within the day is counted in the same case.
    ward.restart();
    flood(&ward, 100..103);
    assert_eq!(settled(&ward).await, numbers);
    ward.restart();
    assert_eq!(settled(&ward).await, numbers);
    assert_eq!(crowd(&ward), (number, 10));
    // Once the day is over each is a case again.
    ward.hospital.clock.advance(SignedDuration::from_hours(25));
    flood(&ward, 200..202);
    assert_eq!(settled(&ward).await.len(), numbers.len() + 2);
    assert_eq!(crowd(&ward), (number, 10));
    ward.end().await;
}

#[tokio::test]
async fn evidence_holds_the_gateways_own_act_and_is_judged_with_it_offline() {
    let ward = Ward::with(&[]).await;
    logged(&ward, sealed(&ward.hospital.identities()[0], &incident(&ward, 3).to_text().unwrap()));
    let [number] = pulled(&ward).await.try_into().unwrap();
    let officer = officer(&ward);
    let form = [("words", "The regulator asks for it")];
    let archive = officer.post(&format!("/cases/{number}/evidence"), &form).await.body;
    let found = verify(&archive, None, None).unwrap();
    assert_eq!((found.case, found.act), (number, Some(true)));
    let file = |name: &str| {
        let mut files = tar::Archive::new(&archive[..]);
        let mut file =
            files.entries().unwrap().map(Result::unwrap).find(|file| file.path().unwrap().ends_with(name));
        let mut text = String::new();
        file.as_mut().unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let act: Act = Jws::parse(&file("act.jws"))
        .unwrap()
        .verify(&ward.hospital.gateway.key(), &ward.hospital.tenant())
        .unwrap();
    assert_eq!(act.operator.as_str(), "night-desk-3");
    let told = file("timeline.txt");
    assert!(told.contains("by an operator, as the gateway carried it") && !told.contains("nobody"), "{told}");
    let made = by_the_gateways_clock(&ward);
    assert!(told.contains(&made), "{told}");
    for needle in ["Quillonbert", "Tannenwald", "Holunderbusch"] {
        let clear = archive.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!clear, "{needle} leaves in clear");
    }
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
    let mut told = Vec::new();
    for number in numbers {
        let page = officer(&ward).get(&format!("/cases/{number}")).await.text();
        assert!(page.contains("What they wrote ") && page.contains("night-desk-3"), "{page}");
        told.push(page);
        assert_eq!(ward.office.remembered().cases.get(number).unwrap().aware_at, ward.hospital.now());
    }
    // Only what is known is said of why.
    for why in [
        "was sealed to keys that this side does not have",
        "nothing that this version",
        "cannot be opened here. Ask",
    ] {
        assert_eq!(told.iter().filter(|page| page.contains(why)).count(), 1, "{why}");
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
