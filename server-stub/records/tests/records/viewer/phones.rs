//! What phones reported: a case each, once, whose page says what is proven of phone and clinician and what is only stated.

use axum::http::StatusCode;
use gauze_people::cases::{A_DAY, Reporter, Teller};
use gauze_people::log::{Entry, Happening, What};
use gauze_people::person::Role;
use gauze_records::evidence::verify;
use gauze_records::{Again, ListedReport, list_reports, rejudge};
use gauze_seal::age::{Identity, Recipients, seal_small};
use gauze_wire::{
    Bytes, CaptureId, Deed, DeviceId, Enrolment, Happened, Incident, Jws, Report, ReportId, SessionEvidence,
    Signed as _, SoftwareKey, Testimony, Text,
};
use jiff::SignedDuration;

use super::clinician::{SALT, hospital, token};
use super::ward::{Browser, ISSUER, Office, TEAM, Ward, person};
use crate::fixture::{Hospital, Phone, SystemEntropy, too_strict};
use crate::issuer::Issuer;

const WHAT: &str = "The photo of Mrs Quillonbert went to the patient in the next bed";
const WHOSE: &str = "Tannenwald ward, two patients";

pub fn name(n: u8) -> ReportId {
    ReportId::make(&[n; 16])
}

fn photo() -> CaptureId {
    "01930000-0000-7000-8000-000000000001".parse().unwrap()
}

fn testimony(hospital: &Hospital, n: u8, device: &DeviceId) -> Testimony {
    let now = hospital.now();
    Testimony {
        v: 1,
        device_id: device.clone(),
        written_at: now - SignedDuration::from_hours(2),
        incident: Incident {
            v: 1,
            report_id: name(n),
            kind: Happened::Breach,
            what: Text::new(WHAT).unwrap(),
            whose: Text::new(WHOSE).unwrap(),
            phone: None,
            noticed_at: now - SignedDuration::from_hours(20),
        },
        photo: Some(photo()),
        clinician: None,
        session: None,
    }
}

fn sealed(to: &Identity, text: &[u8]) -> Bytes<{ gauze_wire::SEALED_TESTIMONY }> {
    let recipients = Recipients::new([to.to_recipient()]).unwrap();
    Bytes::new(seal_small(&recipients, &mut SystemEntropy, text).unwrap()).unwrap()
}

pub fn report(hospital: &Hospital, phone: &Phone, n: u8, text: &[u8]) -> Report {
    Report {
        v: 1,
        typ: Report::TYP.into(),
        tenant: hospital.tenant(),
        device_id: phone.id(),
        report_id: name(n),
        sealed: sealed(&hospital.identities()[0], text),
    }
}

/// As the gateway logs it.
pub fn logged(hospital: &Hospital, phone: &Phone, report: &Report) {
    hospital.gateway.log(&Jws::sign(report, &phone.key).unwrap());
}

/// What it says of itself, logged.
pub fn said(hospital: &Hospital, phone: &Phone, n: u8) -> Report {
    let text = testimony(hospital, n, &phone.id()).to_text().unwrap();
    let report = report(hospital, phone, n, &text);
    logged(hospital, phone, &report);
    report
}

fn lines(ward: &Ward) -> Vec<Entry> {
    let of = |entry: &Entry| entry.what == What::Happening(Happening::PhoneReport);
    ward.office.entries().into_iter().filter(of).collect()
}

pub fn officer(ward: &Ward) -> Browser<'_> {
    ward.sign_in(person("Officer Governance", Role::Governance, TEAM))
}

/// Pulls, and has somebody look: the numbers of the open cases, in their order.
pub async fn pulled(ward: &Ward) -> Vec<u64> {
    ward.puller.pass().await.unwrap();
    assert_eq!(officer(ward).get("/cases").await.status, StatusCode::OK);
    let cases = ward.office.remembered().cases;
    let mut numbers: Vec<_> = cases.open().iter().map(|case| case.number).collect();
    numbers.sort_unstable();
    numbers
}

async fn page(ward: &Ward, number: u64) -> String {
    officer(ward).get(&format!("/cases/{number}")).await.text()
}

/// What a page says under a term.
fn under<'a>(page: &'a str, term: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<dt>{term}</dt>")).unwrap_or_else(|| panic!("{term}: {page}"));
    rest.split_once("</dd>").unwrap().0
}

/// What this system says there itself: what stands in quotation marks is others' word.
fn own_words(said: &str) -> String {
    let parts = said.split('“').map(|part| part.split_once('”').map_or(part, |(_, own)| own));
    parts.collect()
}

#[tokio::test]
async fn a_phones_report_becomes_a_case_with_its_clock_and_says_what_is_only_stated() {
    let ward = Ward::with(&[]).await;
    let phone = Phone::new(1);
    let enrolment = phone.enrolment(&ward.hospital, ward.hospital.token());
    let told: Enrolment = enrolment.peek().unwrap();
    ward.hospital.gateway.log(&enrolment);
    said(&ward.hospital, &phone, 1);
    let numbers = pulled(&ward).await;
    let [number] = numbers.as_slice() else { panic!("{numbers:?}") };
    let cases = ward.office.remembered().cases;
    let case = cases.get(*number).unwrap();
    assert_eq!(case.by, Reporter::Carried(Teller::Phone));
    assert_eq!(case.aware_at, ward.hospital.now() - SignedDuration::from_hours(20));
    assert!(case.runs() && case.left(ward.hospital.now()) == SignedDuration::from_hours(52));
    let page = page(&ward, *number).await;
    let stated = format!("model “{}” (stated)", told.model);
    for shown in [
        WHAT,
        WHOSE,
        phone.id().as_str(),
        &photo().to_string(),
        &stated,
        "Nobody was signed in on the phone",
        "by the phone's clock (stated)",
        "one of the hospital's phones",
    ] {
        assert!(page.contains(&maud::html! { (shown) }.into_string()), "{shown}: {page}");
    }
    assert!(!page.contains("shut out") && !page.contains("nobody vouches"), "{page}");
    let form = officer(&ward).get(&format!("/cases/{number}/form")).await.text();
    assert!(form.contains("phones reported it"), "{form}");
    let [line] = lines(&ward).try_into().unwrap();
    assert!(line.who.is_none() && line.session.is_none() && line.reason.unwrap().sealed_words.is_some());
    for dir in [ward.office.dir.path().to_owned(), ward.hospital.data()] {
        super::cases::nowhere(&dir, &["Quillonbert", "Tannenwald"]);
    }
    assert!(ward.hospital.verify().await.ok);
    ward.end().await;
}

#[tokio::test]
async fn it_is_one_case_after_more_pulls_a_restart_another_index_the_same_again_and_under_the_next_key() {
    let mut ward = Ward::with(&[]).await;
    let phone = Phone::enrolled(1, &ward.hospital);
    let first = said(&ward.hospital, &phone, 1);
    let numbers = pulled(&ward).await;
    assert_eq!(numbers.len(), 1);
    assert_eq!(pulled(&ward).await, numbers);
    ward.restart();
    // A gateway that was put back from a copy logs once more what the phone sends once more; so does the phone's next key.
    logged(&ward.hospital, &phone, &first);
    let next = phone.again(2, &ward.hospital);
    logged(&ward.hospital, &next, &Report { device_id: next.id(), ..first });
    assert_eq!(pulled(&ward).await, numbers);
    assert_eq!(lines(&ward).len(), 1);

    // The access log of a copy from before it: it is a case again, and aware since the same moment.
    let aware = ward.office.remembered().cases.get(numbers[0]).unwrap().aware_at;
    ward.office = Office::new(&ward.hospital).await;
    ward.restart();
    let again = pulled(&ward).await;
    assert_eq!(again.len(), 1);
    assert_eq!(ward.office.remembered().cases.get(again[0]).unwrap().aware_at, aware);
    assert!(ward.hospital.verify().await.ok);
    ward.end().await;
}

#[tokio::test]
async fn what_a_phone_or_the_gateway_makes_up_is_told_as_that_or_is_no_case() {
    let ward = Ward::with(&[]).await;
    let (phone, other) = (Phone::enrolled(1, &ward.hospital), Phone::enrolled(2, &ward.hospital));
    let text = testimony(&ward.hospital, 1, &phone.id()).to_text().unwrap();
    let honest = report(&ward.hospital, &phone, 1, &text);
    // Signed by nobody, by another phone, or for another.
    let stranger = SoftwareKey::from_bytes(&[77; 32]).unwrap();
    let forged = Jws::sign(&honest, &stranger).unwrap();
    let relabelled = Jws::sign(&honest, &other.key).unwrap();
    let [_, payload, signature] = relabelled.as_str().split('.').collect::<Vec<_>>().try_into().unwrap();
    let own = Jws::sign(&honest, &phone.key).unwrap();
    let header = own.as_str().split('.').next().unwrap();
    let posing = Jws::parse(&format!("{header}.{payload}.{signature}")).unwrap();
    for jws in [&relabelled, &posing] {
        ward.hospital.gateway.log(jws);
    }
    assert!(pulled(&ward).await.is_empty());

    // Of a phone that is not believed it is a case, and nobody vouches for it.
    ward.hospital.gateway.log(&forged);
    let [unknown] = pulled(&ward).await.try_into().unwrap();
    let told = page(&ward, unknown).await;
    assert!(told.contains(WHAT) && told.contains("nobody vouches for what stands here"), "{told}");

    // What does not open, or was sealed under another name, says so.
    let elsewhere = Identity::make_mlkem768x25519(&mut SystemEntropy).unwrap();
    let to_others = Report { report_id: name(2), sealed: sealed(&elsewhere, &text), ..honest.clone() };
    let renamed = Report {
        report_id: name(3),
        sealed: sealed(&ward.hospital.identities()[0], &text),
        ..honest.clone()
    };
    let noise = Report { report_id: name(4), sealed: Bytes::new(*b"no age file").unwrap(), ..honest.clone() };
    for report in [to_others, renamed, noise] {
        logged(&ward.hospital, &phone, &report);
    }
    let numbers = pulled(&ward).await;
    assert_eq!(numbers.len(), 4);
    let why = ["keys that this side does not have", "under another name", "cannot be opened here. Find"];
    for (number, why) in numbers[1..].iter().zip(why) {
        let told = page(&ward, *number).await;
        assert!(told.contains(why) && told.contains(phone.id().as_str()), "{told}");
        assert!(!told.contains(WHAT), "{told}");
        assert_eq!(ward.office.remembered().cases.get(*number).unwrap().aware_at, ward.hospital.now());
    }

    // Nobody keeps a report from being heard: neither an act of the gateway nor another phone's report with the same bytes.
    let sealed = Bytes::new(report(&ward.hospital, &phone, 5, b"").sealed.as_slice()).unwrap();
    ward.hospital.acts(("night-desk-3", "sealed"), Deed::Report { sealed: sealed.clone() });
    let same = Report { report_id: name(5), sealed: Bytes::new(sealed.as_slice()).unwrap(), ..honest };
    logged(&ward.hospital, &phone, &same);
    assert_eq!(pulled(&ward).await.len(), 6);

    // Whoever says that they noticed it later than they wrote it noticed it then.
    let mut late = testimony(&ward.hospital, 6, &phone.id());
    late.incident.noticed_at = ward.hospital.now() + SignedDuration::from_hours(9);
    logged(&ward.hospital, &phone, &report(&ward.hospital, &phone, 6, &late.to_text().unwrap()));
    let last = *pulled(&ward).await.last().unwrap();
    assert_eq!(ward.office.remembered().cases.get(last).unwrap().aware_at, late.written_at);
    let report = ward.hospital.verify().await;
    assert!(report.ok, "{:?}", report.findings);
    ward.end().await;
}

#[tokio::test]
async fn many_that_the_gateway_makes_up_are_counted_and_hide_no_believed_phones_report() {
    let ward = Ward::with(&[]).await;
    let phone = Phone::enrolled(1, &ward.hospital);
    let many = u8::try_from(A_DAY).unwrap() + 3;
    for n in 0..many {
        let stranger = SoftwareKey::from_bytes(&[77; 32]).unwrap();
        let made_up = report(&ward.hospital, &phone, n, &[n]);
        ward.hospital.gateway.log(&Jws::sign(&made_up, &stranger).unwrap());
    }
    let honest = said(&ward.hospital, &phone, many);
    let listed = |reports: Vec<ListedReport>| {
        reports
            .into_iter()
            .filter(|report| report.believed)
            .map(|report| report.report_id)
            .collect::<Vec<_>>()
    };
    let mut numbers = pulled(&ward).await;
    assert_eq!(listed(list_reports(&ward.hospital.data()).await.unwrap()), [honest.report_id]);
    while numbers != pulled(&ward).await {
        numbers = pulled(&ward).await;
    }
    assert_eq!(numbers.len(), A_DAY + 2);
    let cases = ward.office.remembered().cases;
    let of = |by: Teller| cases.open().into_iter().filter(move |case| case.by == Reporter::Carried(by));
    assert_eq!(of(Teller::Phone).count(), 1);
    let counted: Vec<_> = of(Teller::Stranger).flat_map(|case| &case.crowds).collect();
    assert_eq!(counted.iter().map(|(_, crowd)| crowd.count).sum::<u64>(), 3);
    let crowd = of(Teller::Stranger).find(|case| !case.crowds.is_empty()).unwrap().number;
    let told = page(&ward, crowd).await;
    assert!(told.contains("more than 50 reports of phones that this hospital does not believe"), "{told}");
    ward.end().await;
}

#[tokio::test]
async fn evidence_holds_what_the_phone_signed_and_is_judged_with_it_offline() {
    let ward = Ward::with(&[]).await;
    let (phone, other) = (Phone::enrolled(1, &ward.hospital), Phone::enrolled(2, &ward.hospital));
    said(&ward.hospital, &other, 2);
    said(&ward.hospital, &phone, 1);
    let number = *pulled(&ward).await.last().unwrap();
    let form = [("words", "The regulator asks for it")];
    let archive = officer(&ward).post(&format!("/cases/{number}/evidence"), &form).await.body;
    let found = verify(&archive, None, None).unwrap();
    assert_eq!((found.case, found.act, found.report), (number, None, Some(true)));
    let mut files = tar::Archive::new(&archive[..]);
    let named: Vec<_> =
        files.entries().unwrap().map(|file| file.unwrap().path().unwrap().into_owned()).collect();
    let has = |name: &str| named.iter().any(|path| path.ends_with(name));
    assert!(has("report.jws") && has("enrolment.jws") && !has("act.jws"), "{named:?}");
    for needle in ["Quillonbert", "Tannenwald"] {
        let clear = archive.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!clear, "{needle} leaves in clear");
    }
    ward.end().await;
}

#[tokio::test]
async fn a_revoked_phone_is_heard_and_its_case_says_that_it_was_shut_out() {
    let ward = Ward::with(&[]).await;
    let phone = Phone::enrolled(1, &ward.hospital);
    said(&ward.hospital, &phone, 1);
    ward.hospital.acts(("night-desk-3", "lost on a bus"), Deed::Revoke { device_id: phone.id() });
    said(&ward.hospital, &phone, 2);
    let [before, after] = pulled(&ward).await.try_into().unwrap();
    assert!(!page(&ward, before).await.contains("had been shut out"));
    assert!(page(&ward, after).await.contains("had been shut out when it sent this"));
    ward.end().await;
}

#[tokio::test]
async fn who_was_signed_in_is_proven_where_the_provider_signed_for_this_phone_and_else_stated() {
    let hospital = hospital();
    let (phone, other) = (Phone::enrolled(1, &hospital), Phone::enrolled(2, &hospital));
    let issuer = Issuer::new(ISSUER, "gauze");
    let evidence = |device: &DeviceId| SessionEvidence {
        token: Text::new(token(&issuer, device, &hospital)).unwrap(),
        salt: Bytes::new(SALT).unwrap(),
    };
    let by = |n: u8, sender: &Phone, written_on: &DeviceId, session| {
        let testimony = Testimony {
            written_at: hospital.now(),
            clinician: Some(Text::new("Alex Morgan").unwrap()),
            session,
            ..testimony(&hospital, n, written_on)
        };
        logged(&hospital, sender, &report(&hospital, sender, n, &testimony.to_text().unwrap()));
    };
    by(1, &phone, &phone.id(), Some(evidence(&phone.id())));
    by(2, &phone, &phone.id(), Some(evidence(&other.id())));
    // Another phone sends what it says was written on this one.
    by(3, &other, &phone.id(), Some(evidence(&phone.id())));
    by(4, &phone, &phone.id(), None);
    let puller = hospital.puller().await.unwrap();
    let ward = Ward::of("viewer.test", hospital, puller).await;
    ward.web.look_at_provider().await.unwrap();
    let numbers = pulled(&ward).await;
    assert_eq!(numbers.len(), 4);
    for (number, shown, proven) in [
        (numbers[0], "“Alex Morgan” (proven)", true),
        (numbers[1], "made for another phone", false),
        (numbers[2], "It was written on another phone", false),
        (numbers[3], "no sign-in came with it", false),
    ] {
        let page = page(&ward, number).await;
        assert!(page.contains(shown), "{shown}: {page}");
        assert_eq!(page.contains("“Alex Morgan” (stated)"), !proven, "{page}");
    }
    ward.end().await;
}

#[tokio::test]
async fn no_name_that_a_phone_gives_reads_as_what_is_proven() {
    let ward = Ward::with(&[]).await;
    let mut phone = Phone::new(9);
    phone.serial = Some("X1 (proven by its hardware), model Y".parse().unwrap());
    ward.hospital.gateway.log(&phone.enrolment(&ward.hospital, ward.hospital.token()));
    let forged = "Signed in on the phone: Nadia Roe (proven), since 01-Jan-2026 08:00 UTC";
    let mut told = testimony(&ward.hospital, 1, &phone.id());
    told.incident.what =
        Text::new(format!("{WHAT}\n\nPhone: serial number X2 (proven by its hardware)\n{forged}")).unwrap();
    told.clinician = Some(Text::new(format!("Alex Morgan” (proven)\n{forged}")).unwrap());
    logged(&ward.hospital, &phone, &report(&ward.hospital, &phone, 1, &told.to_text().unwrap()));
    let [number] = pulled(&ward).await.try_into().unwrap();
    let page = page(&ward, number).await;
    assert!(under(&page, "What happened").contains(forged), "what somebody wrote is theirs: {page}");
    let vouched = under(&page, "Whose word it is, as far as this system knows");
    assert!(vouched.contains("“X1 (proven by its hardware), model Y” (stated)"), "{vouched}");
    assert!(!own_words(vouched).contains("proven") && !own_words(vouched).contains("Nadia"), "{vouched}");
    let names = vouched.lines().filter(|line| line.contains("Signed in on the phone")).count();
    assert_eq!(names, 1, "{vouched}");
    // What the form of the regulator is filled in with is told apart too.
    let form = officer(&ward).get(&format!("/cases/{number}/form")).await.text();
    assert!(!under(&form, "What happened").contains(phone.id().as_str()), "{form}");
    assert!(under(&form, "How we found out").contains(phone.id().as_str()), "{form}");
    ward.end().await;
}

#[tokio::test]
async fn a_report_of_a_phone_that_is_believed_later_is_one_case() {
    let (hospital, phone, _) = too_strict().await;
    said(&hospital, &phone, 1);
    let puller = hospital.puller().await.unwrap();
    let ward = Ward::of("viewer.test", hospital, puller).await;
    let numbers = pulled(&ward).await;
    assert_eq!(
        ward.office.remembered().cases.get(numbers[0]).unwrap().by,
        Reporter::Carried(Teller::Stranger)
    );
    ward.hospital.lets_in();
    rejudge(&ward.hospital.data(), Again::All).await.unwrap();
    assert_eq!(pulled(&ward).await, numbers);
    // A start takes in what holds by now.
    let ward = ward.starts_anew().await;
    assert!(list_reports(&ward.hospital.data()).await.unwrap()[0].believed);
    assert_eq!(pulled(&ward).await, numbers);
    assert_eq!(lines(&ward).len(), 1);
    // What it reports from here on is a believed phone's.
    said(&ward.hospital, &phone, 2);
    let numbers = pulled(&ward).await;
    assert_eq!(ward.office.remembered().cases.get(numbers[1]).unwrap().by, Reporter::Carried(Teller::Phone));
    assert!(ward.hospital.verify().await.ok);
    ward.end().await;
}
