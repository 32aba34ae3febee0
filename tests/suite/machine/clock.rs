//! Clocks that are off, and then set: of the gateway, of the hospital's machine, of the phone.

use crate::fixture::pictures;
use crate::newcomer::Reader;
use crate::wrong_clock::{Clock, DAY, library};

/// The clocks of gateway, hospital and phone; what begins with such a name in capitals runs there.
fn clocks(reader: &mut Reader) -> Option<[Clock; 3]> {
    let library = library(reader.home())?;
    Some(["GATEWAY", "HOSPITAL", "PHONE"].map(|machine| {
        let clock = Clock::new(&library, &machine.to_lowercase());
        let set = clock.variables();
        let set: Vec<_> = set.iter().map(|(name, value)| format!("{name}={}", value.display())).collect();
        reader.means(machine, format!("env {}", set.join(" ")));
        clock
    }))
}

const CHECK: &str = "GATEWAY gauze-gateway serve --data gateway --listen localhost:8443 --check";
const SERVE: &str = "GATEWAY gauze-gateway serve --data gateway --listen localhost:8443";
const RECORDS: &str = "HOSPITAL gauze-records serve --data records --keys keys --check";
const PULL: &str = "HOSPITAL gauze-records pull --data records --keys keys";

/// A hospital of the manual's trial on machines whose clocks are right, with a token in `managed.json`.
async fn trial(reader: &mut Reader) {
    reader.types("gauze-gateway init --data gateway --url https://localhost:8443 --tenant ward-9").await;
    reader.types("gauze-records init --keys keys --gateway gateway.json --trial").await;
    reader.types("gauze-gateway init --data gateway --from hospital.json").await;
    reader.types("gauze-records token --keys keys --out token.jws --managed managed.json").await;
    pictures(reader.home(), 1);
}

/// That a line is refused, in one line that begins with this code and says this.
async fn refused(reader: &Reader, line: &str, code: &str, words: &str) {
    let told = reader.tries(line).await;
    let said = told.err.lines().last().unwrap_or_default();
    assert!(!told.well && said.starts_with(&format!("{code}: ")), "{line}: {}{}", told.out, told.err);
    assert!(said.contains(words), "{line}: {words:?} is not in {said}");
    assert_eq!(said.matches(words).count(), 1, "{line}: {said}");
}

/// So far off that no certificate holds, one way and the other, with what says so.
const FAR_OFF: [(i64, &str); 2] =
    [(-2 * DAY, "certificate_not_yet_valid"), (400 * DAY, "certificate_expired")];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_clock_is_off_says_so_and_works_once_it_is_set() {
    let mut reader = Reader::new();
    let Some([gateway, hospital, _]) = clocks(&mut reader) else { return };
    trial(&mut reader).await;

    gateway.set(-2 * DAY);
    let told = reader.tries(CHECK).await;
    let line = told.out.lines().find(|line| line.contains(" clock ")).unwrap_or_default();
    assert!(!told.well && line.starts_with("FAILED") && line.ends_with("set the clock"), "{}", told.out);
    gateway.set(0);
    reader.types(CHECK).await;
    reader.types(SERVE).await;

    // Ten minutes stop nothing, and are told, whichever of the two is wrong.
    for (off, side) in [(600, "behind this one"), (-600, "ahead of this one")] {
        hospital.set(off);
        let asked = tokio::time::Instant::now();
        let told = reader.tries(RECORDS).await.out;
        // The answer took its time, on a busy machine some seconds.
        let took = i64::try_from(asked.elapsed().as_secs()).unwrap() + 1;
        let line = told.lines().find(|line| line.contains(" gateway ")).unwrap_or_default();
        assert!(line.starts_with("WARNING") && line.contains("set both by NTP"), "{told}");
        let (seconds, rest) = line.split_once("its clock is ").unwrap().1.split_once(" s ").unwrap();
        assert!(
            (600 - took..=600 + took).contains(&seconds.parse().unwrap()) && rest.starts_with(side),
            "{told}"
        );
        reader.types(PULL).await;
    }
    let date = "Check this machine's date";
    for (off, code) in FAR_OFF {
        hospital.set(off);
        refused(&reader, PULL, code, date).await;
        let told = reader.tries(RECORDS).await;
        assert!(!told.well && told.out.contains(code) && told.out.contains(date), "{}", told.out);
    }
    hospital.set(0);
    let told = reader.types(RECORDS).await;
    assert!(told.contains("answers and knows this side"), "{told}");
    reader.types(PULL).await;
    reader.stops("").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_clock_is_off_says_so_and_loses_nothing_until_it_is_set() {
    let mut reader = Reader::new();
    let Some([_, _, phone]) = clocks(&mut reader) else { return };
    trial(&mut reader).await;
    reader.types(SERVE).await;
    let enrol = "PHONE gauze-phone --data phone enrol --config managed.json";
    let upload = "PHONE gauze-phone --data phone upload --retry 0";
    let date = "check the phone's date";
    for (off, code) in FAR_OFF {
        phone.set(off);
        refused(&reader, enrol, code, date).await;
    }
    // With the token that was refused.
    phone.set(0);
    reader.types(enrol).await;
    for (off, code) in FAR_OFF {
        phone.set(off);
        reader.types("PHONE gauze-phone --data phone capture picture-0.jpg").await;
        refused(&reader, upload, code, date).await;
    }
    phone.set(0);
    reader.types("PHONE gauze-phone --data phone upload --retry 60").await;
    reader.types(PULL).await;
    let list = reader.types("gauze-records list --data records").await;
    assert_eq!(list.matches("filed ").count(), 2, "{list}");
    reader.stops("").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_a_wrong_clock_ended_is_told_as_that_and_the_next_one_holds() {
    let mut reader = Reader::new();
    let Some([gateway, hospital, _]) = clocks(&mut reader) else { return };
    trial(&mut reader).await;
    reader.types(SERVE).await;
    let enrol = "gauze-phone --data phone enrol --config managed.json";
    let clocks = "set the clocks of the gateway and of the machine that signs tokens";
    // The gateway's, while it runs: its token is a good one.
    gateway.set(2 * DAY);
    refused(&reader, enrol, "token_expired", clocks).await;
    gateway.set(0);
    reader.types(enrol).await;

    // The hospital's: another token of that machine is no better.
    let token = "HOSPITAL gauze-records token --keys keys --out token.jws --managed managed.json";
    let enrol = "gauze-phone --data phone-2 enrol --config managed.json";
    hospital.set(-2 * DAY);
    for _ in 0..2 {
        reader.types(token).await;
        refused(&reader, enrol, "token_expired", clocks).await;
    }
    hospital.set(0);
    reader.types(token).await;
    reader.types(enrol).await;
    reader.stops("").await;
}
