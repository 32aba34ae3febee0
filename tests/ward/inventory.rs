//! One token for all phones of a list: each serial number once, retired ones not at all, by both sides' own judgement.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use gauze_attest::{AndroidRoots, AppleRoots, Roots};
use gauze_core::ports::{Attestor, VaultError};
use gauze_core::{CallError, EnrolError, Managed};
use gauze_gateway::admin::{Admin, InventoryView};
use gauze_gateway::{By, DeviceSearch, Registered, Sort};
use gauze_records::keys::{self, LeftOut, SignedInventory, Why, WithToken};
use gauze_tests::attestations::{AppleMaker, KeyDescription, Maker, Names, PhoneKey};
use gauze_tests::hospital::write;
use gauze_wire::{
    AndroidApp, AndroidRules, AppleApp, AppleRules, Attestation, Bytes, DeviceStatus, Digest, Jws, Name,
    Platform, PublicKey, Serial, Token,
};
use serde_json::{Value, json};

use crate::fixture::{Fate, Phone, Ward};

/// A hospital to which it suffices that device management states a serial number.
async fn lenient() -> Ward {
    Ward::with(|_| {}, |policy| policy["stated_serials"] = json!(true)).await
}

fn serials(names: &[&str]) -> Vec<Serial> {
    names.iter().map(|name| Serial::read(name).unwrap()).collect()
}

fn sign(ward: &Ward, serials: Vec<Serial>, token: bool) -> SignedInventory {
    let out = ward.path("inventory-token.jws");
    let token = token.then_some(WithToken { out: &out, days: 30 });
    keys::sign_inventory(&ward.keys(), serials, token, ward.clock.time()).unwrap()
}

/// What device management gives a phone with this serial number.
fn managed(ward: &Ward, serial: Option<&str>) -> Managed {
    let token = fs::read_to_string(ward.path("inventory-token.jws")).unwrap();
    let serial = serial.map(|serial| serial.parse::<Name>().unwrap());
    Managed { token: Some(Jws::parse(token.trim()).unwrap()), serial, ..ward.managed() }
}

/// Code and cause of a refusal; `None` where the phone enrolled.
async fn refused(phone: &Phone, managed: &Managed) -> Option<(String, Option<String>)> {
    match phone.client().enrol(managed).await {
        Ok(_) => None,
        Err(EnrolError::Call(CallError::Refused(problem))) => {
            Some((problem.code.as_str().to_owned(), problem.reason))
        }
        Err(other) => panic!("{other}"),
    }
}

fn because(code: &str, reason: Option<&str>) -> Option<(String, Option<String>)> {
    Some((code.to_owned(), reason.map(str::to_owned)))
}

async fn inventory(ward: &Ward) -> InventoryView {
    let admin = Admin::open(&ward.gateway(), &ward.tenant(), ward.clock.clone()).await.unwrap();
    admin.inventory().await.unwrap().unwrap()
}

#[tokio::test]
async fn phones_of_one_list_are_known_by_the_ward_that_their_configuration_named() {
    let ward = lenient().await;
    sign(&ward, serials(&["SN-1", "SN-2", "SN-3"]), true);
    ward.pull().await;
    for (serial, place) in [("SN-1", Some("Ward 9")), ("SN-2", Some("Tŷ Gwyn")), ("SN-3", None)] {
        let mut phone = Phone::new(&ward, serial);
        let named = Managed { ward: place.map(|name| name.parse().unwrap()), ..managed(&ward, Some(serial)) };
        assert_eq!(refused(&phone, &named).await, None);
        phone.restart();
        assert_eq!(phone.client().status().ward.as_deref(), place, "kept from the enrolment on");
    }
    assert_eq!(ward.pull().await.rejected, 0);
    let admin = Admin::open(&ward.gateway(), &ward.tenant(), ward.clock.clone()).await.unwrap();
    let listed = async |text: Option<&str>| -> Vec<_> {
        let search =
            DeviceSearch { sort: Sort::Ward, text: text.map(str::to_owned), ..DeviceSearch::default() };
        let known =
            |device: Registered| (device.serial.clone().unwrap(), device.known_ward().map(str::to_owned));
        admin.devices(&search).await.unwrap().devices.into_iter().map(known).collect()
    };
    let of = |serial: &str, place: Option<&str>| (serial.to_owned(), place.map(str::to_owned));
    let (gwyn, nine) = (of("SN-2", Some("Tŷ Gwyn")), of("SN-1", Some("Ward 9")));
    assert_eq!(listed(None).await, [gwyn, nine.clone(), of("SN-3", None)]);
    assert_eq!(listed(Some("ward")).await, [nine]);
}

#[tokio::test]
async fn five_hundred_phones_enrol_at_once_each_serial_number_once() {
    let ward = lenient().await;
    let named: Vec<String> = (0..500).map(|n| format!("R58N{n:05}")).collect();
    let mut table = "\u{feff}Device name,\"Serial number\",OS\r\n".to_owned();
    named
        .iter()
        .for_each(|serial| table.push_str(&format!("\"Ward 9, \"\"phone\"\"\",{serial},Android\r\n")));
    table.push_str("spare,,Android\r\nagain,r58n00000,Android\r\n");
    let path = ward.path("phones.csv");
    write(&path, &table).unwrap();
    let read = keys::import(std::slice::from_ref(&path), None).unwrap();
    let twice = Why::Twice { serial: Serial::read("R58N00000").unwrap(), first: 2 };
    let left_out = |line, why| LeftOut { file: path.clone(), line, why };
    assert_eq!(read.left_out, [left_out(502, Why::Blank), left_out(503, twice)]);
    let signed = sign(&ward, read.serials, true);
    assert_eq!((signed.version, signed.count, signed.added, signed.retired), (1, 500, 500, 0));

    let early = Phone::new(&ward, "early");
    let wanted = managed(&ward, Some("R58N00000"));
    assert_eq!(refused(&early, &wanted).await, because("token_invalid", Some("inventory_missing")));
    ward.pull().await;

    let phones: Vec<Phone> = named.iter().map(|serial| Phone::new(&ward, serial)).collect();
    let configurations: Vec<Managed> = named.iter().map(|serial| managed(&ward, Some(serial))).collect();
    let enrolling = phones.iter().zip(&configurations).map(|(phone, managed)| refused(phone, managed));
    let outcomes = join_all(enrolling).await;
    assert!(outcomes.iter().all(Option::is_none), "{:?}", outcomes.iter().flatten().next());
    let report = ward.pull().await;
    assert_eq!((report.enrolled, report.rejected), (500, 0));
    let view = inventory(&ward).await;
    assert_eq!((view.version, view.count, view.used), (1, 500, 500));

    // In any spelling, and whoever asks.
    for spelled in ["R58N00007", "r58n00007"] {
        assert_eq!(refused(&early, &managed(&ward, Some(spelled))).await, because("token_used", None));
    }
    let unlisted = managed(&ward, Some("R58N99999"));
    assert_eq!(refused(&early, &unlisted).await, because("token_invalid", Some("serial_unlisted")));
    assert_eq!(
        refused(&early, &managed(&ward, None)).await,
        because("token_invalid", Some("serial_missing"))
    );
    let size = fs::metadata(ward.path("inventory-token.jws")).unwrap().len();
    assert!(size < 1024, "the token does not grow with the list: {size} bytes");
}

#[tokio::test]
async fn a_gateway_that_dies_amid_five_hundred_enrolments_has_each_serial_number_once_in_the_end() {
    let mut ward = lenient().await;
    let named: Vec<String> = (0..500).map(|n| format!("R58N{n:05}")).collect();
    let names: Vec<&str> = named.iter().map(String::as_str).collect();
    sign(&ward, serials(&names), true);
    ward.pull().await;
    let phones: Vec<Phone> = named.iter().map(|serial| Phone::new(&ward, serial)).collect();
    let configurations: Vec<Managed> = named.iter().map(|serial| managed(&ward, Some(serial))).collect();

    // 200 hear that they enrolled; the next 100 are kept and do not hear it; the rest find nobody.
    let asked = Arc::new(AtomicUsize::new(0));
    for phone in &phones {
        let asked = asked.clone();
        phone.link.obeys(move |seen| match seen.path.ends_with("/enrolments") {
            true => match asked.fetch_add(1, Ordering::Relaxed) {
                0..200 => Fate::Deliver,
                200..300 => Fate::AnswerLost,
                _ => Fate::Lost,
            },
            false => Fate::Deliver,
        });
    }
    let enrol = async |(phone, managed): (&Phone, &Managed)| phone.client().enrol(managed).await.is_ok();
    let first = join_all(phones.iter().zip(&configurations).map(enrol)).await;
    assert_eq!(first.iter().filter(|enrolled| **enrolled).count(), 200);
    assert_eq!(inventory(&ward).await.used, 300);

    ward.restart().await;
    for phone in &phones {
        phone.link.leads_to(ward.router.clone());
        phone.link.works();
    }
    let again = phones.iter().zip(&configurations).zip(&first).filter(|(_, enrolled)| !**enrolled);
    let outcomes = join_all(again.map(|((phone, managed), _)| refused(phone, managed))).await;
    assert!(outcomes.iter().all(Option::is_none), "{:?}", outcomes.iter().flatten().next());
    let report = ward.pull().await;
    assert_eq!((report.enrolled, report.rejected), (500, 0));
    assert_eq!(inventory(&ward).await.used, 500);
    let late = Phone::new(&ward, "late");
    for serial in ["R58N00000", "R58N00250", "R58N00499"] {
        assert_eq!(refused(&late, &managed(&ward, Some(serial))).await, because("token_used", None));
    }
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn a_list_that_is_replaced_counts_at_once_under_the_same_token_and_over_a_restart() {
    let mut ward = lenient().await;
    sign(&ward, serials(&["A", "B", "C"]), true);
    ward.pull().await;
    let [first, second, third, fourth] = ["1", "2", "3", "4"].map(|name| Phone::new(&ward, name));
    let wanted = |ward: &Ward, serial| managed(ward, Some(serial));
    assert_eq!(refused(&first, &wanted(&ward, "A")).await, None);

    let signed = sign(&ward, serials(&["A", "C", "D"]), false);
    assert_eq!((signed.version, signed.added, signed.retired, signed.token_id), (2, 1, 1, None));
    assert!(!sign(&ward, serials(&["A", "C", "D"]), false).changed, "a list that is as before is the same");
    ward.pull().await;
    let retired = because("token_invalid", Some("serial_unlisted"));
    assert_eq!(refused(&second, &wanted(&ward, "B")).await, retired);
    assert_eq!(refused(&fourth, &wanted(&ward, "D")).await, None);

    ward.restart().await;
    for phone in [&second, &third] {
        phone.link.leads_to(ward.router.clone());
    }
    assert_eq!(refused(&second, &wanted(&ward, "B")).await, retired);
    assert_eq!(refused(&second, &wanted(&ward, "A")).await, because("token_used", None));
    assert_eq!(refused(&third, &wanted(&ward, "C")).await, None);
    let report = ward.pull().await;
    assert_eq!((report.enrolled, report.rejected), (2, 0));
    assert_eq!(inventory(&ward).await.used, 3);

    // A phone that has enrolled stays what it is when its number is taken off; whoever looks is told, until the number is back.
    let admin = Admin::open(&ward.gateway(), &ward.tenant(), ward.clock.clone()).await.unwrap();
    let retired = async || {
        let all = admin.devices(&DeviceSearch::default()).await.unwrap().devices;
        let mut retired: Vec<_> =
            all.into_iter().filter(|device| device.serial_retired).map(|device| device.serial).collect();
        retired.sort();
        retired
    };
    assert_eq!(retired().await, []);
    sign(&ward, serials(&["C"]), false);
    ward.pull().await;
    assert_eq!(retired().await, [Some("A".to_owned()), Some("D".to_owned())]);
    let view = inventory(&ward).await;
    assert_eq!((view.count, view.used), (1, 1), "who was taken off is none of its phones");
    let story = admin.device(&first.id()).await.unwrap();
    assert!(story.device.serial_retired && story.device.status == DeviceStatus::Active);
    admin.revoke(&first.id(), &By::new("desk", "sold").unwrap()).await.unwrap();
    assert_eq!(retired().await, [Some("D".to_owned())], "nothing is left to do about it");
    sign(&ward, serials(&["C", "D"]), false);
    ward.pull().await;
    assert_eq!(retired().await, []);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn a_gateway_that_goes_back_to_an_older_list_is_not_believed() {
    let mut ward = lenient().await;
    sign(&ward, serials(&["A", "B"]), true);
    ward.pull().await;
    let file: PathBuf = ward.gateway().join("tenants/ward-9.inventory.json");
    let before = fs::read_to_string(&file).unwrap();
    sign(&ward, serials(&["A"]), false);
    ward.pull().await;
    write(&file, &before).unwrap();
    ward.restart().await;
    let phone = Phone::new(&ward, "phone");
    assert_eq!(refused(&phone, &managed(&ward, Some("B"))).await, None, "this gateway lets it in");
    let report = ward.pull().await;
    assert_eq!((report.enrolled, report.rejected), (0, 1));
    let late = Phone::new(&ward, "late");
    assert_eq!(
        refused(&late, &managed(&ward, Some("B"))).await,
        because("token_invalid", Some("serial_unlisted")),
        "and has the newest list again since"
    );
}

#[tokio::test]
async fn a_token_that_no_key_of_the_bundle_signed_holds_no_list_up() {
    let ward = lenient().await;
    sign(&ward, serials(&["A", "B"]), true);
    ward.pull().await;
    keys::sign_token(&ward.other_keys(), &ward.path("foreign.jws"), 24, None, ward.clock.time()).unwrap();
    fs::copy(ward.path("foreign.jws"), ward.keys().path("inventory-token.jws")).unwrap();
    sign(&ward, serials(&["A"]), false);
    ward.pull().await;
    let (first, second) = (Phone::new(&ward, "1"), Phone::new(&ward, "2"));
    let unlisted = because("token_invalid", Some("serial_unlisted"));
    assert_eq!(refused(&second, &managed(&ward, Some("B"))).await, unlisted);
    assert_eq!(refused(&first, &managed(&ward, Some("A"))).await, None);
}

#[tokio::test]
async fn a_token_for_a_later_list_does_not_count_with_the_one_before() {
    let ward = lenient().await;
    sign(&ward, serials(&["A"]), true);
    ward.pull().await;
    sign(&ward, serials(&["A", "B"]), true);
    let phone = Phone::new(&ward, "phone");
    let early = because("token_invalid", Some("inventory_missing"));
    assert_eq!(refused(&phone, &managed(&ward, Some("A"))).await, early);
    ward.pull().await;
    assert_eq!(refused(&phone, &managed(&ward, Some("A"))).await, None);
    let token: Token = managed(&ward, None).token.unwrap().peek().unwrap();
    assert_eq!(token.inventory, Some(2));
}

/// A Keystore of a fully managed phone: its hardware says the serial number.
struct Attesting {
    maker: Arc<Maker>,
    serial: Option<&'static str>,
}

impl Attestor for Attesting {
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        let serial = self.serial.map(str::to_owned);
        let description = KeyDescription { serial, ..KeyDescription::good(&challenge.0) };
        let chain = self.maker.attest_key(&description, &PhoneKey(device_key.to_sec1())).unwrap();
        let chain = chain.into_iter().map(|der| Bytes::new(der).unwrap()).collect();
        Ok(Attestation::AndroidKey { chain })
    }

    fn attest_again(&self, _: &Digest, _: &PublicKey) -> Result<Attestation, VaultError> {
        Err(VaultError::Unavailable)
    }
}

fn android(ward: &Ward, maker: &Arc<Maker>, name: &str, serial: Option<&'static str>) -> Phone {
    let mut phone = Phone::at(ward, ward.path(name));
    phone.platform = Platform::Android;
    phone.attestor = Arc::new(Attesting { maker: maker.clone(), serial });
    phone.open().unwrap();
    phone
}

/// The app on an iPhone, genuine or another's: Apple attests the app, and never a serial number.
struct AppAttest(AppleMaker);

impl Attestor for AppAttest {
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        let hash = Attestation::app_attest_hash(challenge, device_key);
        Ok(Attestation::AppAttest {
            key_id: Bytes::new(self.0.key_id()).unwrap(),
            object: Bytes::new(self.0.attest(&hash.0).unwrap()).unwrap(),
        })
    }

    fn attest_again(&self, _: &Digest, _: &PublicKey) -> Result<Attestation, VaultError> {
        Err(VaultError::Unavailable)
    }
}

fn iphone(ward: &Ward, name: &str, app: &Arc<AppAttest>) -> Phone {
    let mut phone = Phone::at(ward, ward.path(name));
    phone.platform = Platform::Ios;
    phone.attestor = app.clone();
    phone.open().unwrap();
    phone
}

#[tokio::test]
async fn an_iphone_that_lies_about_its_serial_number_gets_in_only_where_policy_takes_stated_ones_and_in_nobodys_place_twice()
 {
    let makers = [AppleMaker::new().unwrap(), AppleMaker::new().unwrap()];
    let (android, root) = (Maker::new(Names::Remote).unwrap(), makers[0].root_pem().to_owned());
    let [genuine, forged] = makers.map(|maker| Arc::new(AppAttest(maker)));
    for stated in [false, true] {
        let apple = |policy: &mut Value| {
            let app_id = genuine.0.app_id.parse().unwrap();
            policy["v"] = json!(2);
            policy["apple"] =
                json!(AppleRules::for_apps(vec![AppleApp { app_id, min_bundle_version: None }]));
            policy["stated_serials"] = json!(stated);
        };
        let mut ward = Ward::with(|_| {}, apple).await;
        let roots = AndroidRoots::from_pem(android.root_pem()).unwrap();
        let apple = AppleRoots::from_pem(&root).unwrap();
        ward.judges_under(Roots { android: roots, apple }).await;
        sign(&ward, serials(&["A", "B"]), true);
        ward.pull().await;
        let outcome =
            async |name: &str, app, serial| refused(&iphone(&ward, name, app), &managed(&ward, serial)).await;
        // The app of another maker proves nothing, whatever number it says.
        let (code, _) = outcome("forged", &forged, Some("A")).await.unwrap();
        assert_eq!(code, "attestation_refused");
        // A genuine app that says nothing, what is not listed, and another phone's number.
        let missing = because("token_invalid", Some("serial_missing"));
        assert_eq!(outcome("silent", &genuine, None).await, missing);
        let not_stated = because("token_invalid", Some("serial_stated"));
        let unlisted = because("token_invalid", Some("serial_unlisted"));
        let expected = |taken| if stated { taken } else { not_stated.clone() };
        assert_eq!(outcome("unlisted", &genuine, Some("E")).await, expected(unlisted));
        assert_eq!(outcome("liar", &genuine, Some("A")).await, expected(None));
        // The owner is refused where the liar was first, which is how that is found.
        assert_eq!(outcome("owner", &genuine, Some("A")).await, expected(because("token_used", None)));
        let report = ward.pull().await;
        assert_eq!((report.enrolled, report.rejected), (u64::from(stated), 0));
    }
}

fn hardware(policy: &mut Value, stated: bool) {
    let app = AndroidApp {
        package: "uk.nhs.example.gauze".parse().unwrap(),
        signers: vec![Digest([9; 32])],
        min_version: 12,
    };
    policy["v"] = json!(2);
    policy["android"] = json!(AndroidRules::for_apps(vec![app]));
    policy["stated_serials"] = json!(stated);
}

#[tokio::test]
async fn a_phone_that_lies_about_its_serial_number_is_refused_where_its_hardware_says_it_and_where_policy_asks()
 {
    let (maker, apple) = (Arc::new(Maker::new(Names::Remote).unwrap()), AppleMaker::new().unwrap());
    for stated in [false, true] {
        let mut ward = Ward::with(|_| {}, |policy| hardware(policy, stated)).await;
        let roots = AndroidRoots::from_pem(maker.root_pem()).unwrap();
        let apple = AppleRoots::from_pem(apple.root_pem()).unwrap();
        ward.judges_under(Roots { android: roots, apple }).await;
        sign(&ward, serials(&["A", "B", "C"]), true);
        ward.pull().await;
        // Its hardware says E: neither may it claim to be A, nor is it listed as what it is.
        let liar = android(&ward, &maker, "liar", Some("E"));
        assert_eq!(
            refused(&liar, &managed(&ward, Some("A"))).await,
            because("attestation_refused", Some("serial_mismatch"))
        );
        let unlisted = because("token_invalid", Some("serial_unlisted"));
        assert_eq!(refused(&liar, &managed(&ward, None)).await, unlisted);
        // Its hardware says nothing: what management states counts where the policy says so.
        let silent = android(&ward, &maker, "silent", None);
        let outcome = refused(&silent, &managed(&ward, Some("B"))).await;
        assert_eq!(outcome, if stated { None } else { because("token_invalid", Some("serial_stated")) });
        // An attested serial number needs no word of management's.
        let honest = android(&ward, &maker, "honest", Some("C"));
        assert_eq!(refused(&honest, &managed(&ward, None)).await, None);
        // A stated one that was attested before is spent.
        let copy = android(&ward, &maker, "copy", None);
        let spent = if stated { ("token_used", None) } else { ("token_invalid", Some("serial_stated")) };
        assert_eq!(refused(&copy, &managed(&ward, Some("C"))).await, because(spent.0, spent.1));
        let report = ward.pull().await;
        assert_eq!((report.enrolled, report.rejected), (if stated { 2 } else { 1 }, 0));
    }
}

/// Tables as each system exports them: its headings, invented phones.
#[test]
fn the_tables_of_every_management_system_are_read_as_they_come_and_together_they_are_one_list() {
    let of = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ward/exports").join(name);
    let mut all = Vec::new();
    for (name, found, blank) in [
        ("intune.csv", &["F17ABC000001", "R58INT0000002"][..], &[4][..]),
        ("intune-report.csv", &["F17ABC000004"], &[]),
        ("jamf.csv", &["F17JMF000001", "F17JMF000002"], &[]),
        ("jamf-by-spreadsheet.csv", &["F17JMF000003"], &[]),
        ("workspace-one.csv", &["F17WSO000002", "R58WSO0000001"], &[]),
        ("android-management.csv", &["41AMA00000001"], &[3]),
    ] {
        let read = keys::import(&[of(name)], None).unwrap();
        assert_eq!(read.serials, serials(found), "{name}");
        let left_out = blank.iter().map(|line| LeftOut { file: of(name), line: *line, why: Why::Blank });
        assert_eq!(read.left_out, left_out.collect::<Vec<_>>(), "{name}");
        all.push(of(name));
    }
    assert_eq!(keys::import(&all, None).unwrap().serials.len(), 9);
}
