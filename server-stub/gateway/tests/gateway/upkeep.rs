//! What outlives a crash, what is cleared away by itself, and what the operator may hand in.

use std::fs;
use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use gauze_gateway::{clean, metrics_router};
use gauze_wire::{CaptureState, Digest, Handovers, Jws, ProblemCode, Signer as _, SoftwareKey};
use jiff::SignedDuration;

use crate::fixture::{BASE, Gateway, Hospital, Phone, Shot, ask, binding, by, key, put_file};

async fn begin() -> (Hospital, Gateway, Phone, Shot, String) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(1000);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    (hospital, gateway, phone, shot, ticket)
}

/// What a process leaves that died between the rename and the commit.
fn die_before_the_receipt(gateway: &Gateway, phone: &Phone, shot: &Shot) {
    put_file(&gateway.at(format!("blobs/ward-9/{}/{}.age", phone.id(), shot.id())), &shot.sealed);
}

#[tokio::test]
async fn a_photo_whose_receipt_was_not_signed_when_the_process_died_gets_one_whoever_asks() {
    for ask in 0..4 {
        let (hospital, mut gateway, phone, shot, ticket) = begin().await;
        die_before_the_receipt(&gateway, &phone, &shot);
        gateway.open().await.unwrap();
        let state: CaptureState = match ask {
            0 => phone.offer(&gateway, &shot.manifest).await.held(),
            1 => gateway.put(&ticket, shot.sealed.clone()).await.json(200),
            2 => gateway.patch(&ticket, 0, true, shot.sealed.clone()).await.json(200),
            _ => {
                assert_eq!(gateway.head(&ticket).await.field("upload-complete"), "?1");
                phone.status(&gateway, vec![shot.id()]).await.remove(0)
            }
        };
        let named = gateway.named(&hospital.tenant);
        let expected = binding(&shot.manifest);
        gauze_wire::Stored::verify(&state.stored, &[named.key], &expected, &named.log, None).unwrap();
        assert_eq!(hospital.log(&gateway).await.entries.len(), 2);
        let blob = format!("blobs/{}/{}", phone.id(), shot.id());
        assert_eq!(hospital.fetch(&gateway, &blob).await.body, shot.sealed);
    }
}

#[tokio::test]
async fn a_void_for_a_photo_that_was_whole_when_the_process_died_comes_too_late() {
    let (hospital, gateway, phone, shot, _) = begin().await;
    die_before_the_receipt(&gateway, &phone, &shot);
    let state = phone.offer(&gateway, &shot.void(&phone)).await.held();
    let stored: gauze_wire::Stored = state.stored.peek().unwrap();
    assert_eq!(stored.manifest_sha256, shot.manifest.digest());
    assert_eq!(hospital.log(&gateway).await.entries.len(), 2);
}

#[tokio::test]
async fn a_filed_photo_goes_after_the_policys_days_and_its_receipts_stay() {
    let (hospital, gateway, mut phone, shot, ticket) = begin().await;
    let waiting = phone.shoot(500);
    let refused = phone.shoot(500);
    let state: CaptureState = gateway.put(&ticket, shot.sealed.clone()).await.json(201);
    phone.send(&gateway, &waiting).await;
    let refused_state = phone.send(&gateway, &refused).await;
    let receipts =
        vec![hospital.filed(&state, gateway.now()), hospital.refused(&refused_state, gateway.now())];
    hospital.acknowledge(&gateway, receipts).await.expect(204);

    let days = hospital.policy(1).keep_days;
    gateway.pass(SignedDuration::from_hours(24 * i64::from(days)));
    assert_eq!(clean(gateway.app()).await.unwrap(), 0);
    gateway.pass(SignedDuration::from_secs(1));
    assert_eq!(clean(gateway.app()).await.unwrap(), 1);
    assert_eq!(clean(gateway.app()).await.unwrap(), 0);

    let blob = |shot: &Shot| format!("blobs/{}/{}", phone.id(), shot.id());
    assert_eq!(hospital.fetch(&gateway, &blob(&shot)).await.refusal(), ProblemCode::NotFound);
    assert_eq!(hospital.fetch(&gateway, &blob(&waiting)).await.body, waiting.sealed);
    assert_eq!(hospital.fetch(&gateway, &blob(&refused)).await.body, refused.sealed);
    let kept = phone.status(&gateway, vec![shot.id()]).await;
    assert_eq!(kept[0].stored, state.stored);
    assert!(kept[0].outcome.is_some());
    assert_eq!(phone.offer(&gateway, &shot.manifest).await.held(), kept[0], "it is not asked for again");
}

#[tokio::test]
async fn a_part_goes_when_its_ticket_has_expired_and_not_before() {
    let (_, gateway, phone, shot, ticket) = begin().await;
    gateway.patch(&ticket, 0, false, shot.sealed[..300].to_vec()).await.expect(204);
    put_file(&gateway.at("incoming/somebody-elses-file"), b"left alone");
    assert_eq!(clean(gateway.app()).await.unwrap(), 0);
    gateway.pass(SignedDuration::from_hours(24 * 7));
    assert_eq!(clean(gateway.app()).await.unwrap(), 1);
    let left: Vec<_> =
        fs::read_dir(gateway.at("incoming")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["somebody-elses-file"]);
    let (ticket, offset) = phone.offer(&gateway, &shot.manifest).await.ticket();
    assert_eq!(offset, 0);
    gateway.put(&ticket, shot.sealed).await.expect(201);
}

#[tokio::test]
async fn a_photo_that_was_whole_when_the_process_died_and_nobody_asks_for_gets_its_receipt_all_the_same() {
    let (hospital, gateway, mut phone, shot, _) = begin().await;
    die_before_the_receipt(&gateway, &phone, &shot);
    assert_eq!(clean(gateway.app()).await.unwrap(), 0);
    assert_eq!(hospital.log(&gateway).await.entries.len(), 1, "its phone may ask yet");
    gateway.pass(SignedDuration::from_hours(24 * 7));
    let next = phone.shoot(10);
    phone.offer(&gateway, &next.manifest).await.ticket();
    assert_eq!(clean(gateway.app()).await.unwrap(), 0);
    assert_eq!(hospital.log(&gateway).await.entries[1].jws, shot.manifest);
    let blob = format!("blobs/{}/{}", phone.id(), shot.id());
    assert_eq!(hospital.fetch(&gateway, &blob).await.body, shot.sealed);
}

#[tokio::test]
async fn a_photo_without_a_receipt_goes_where_its_phone_was_revoked_and_other_files_stay() {
    let (hospital, gateway, phone, shot, _) = begin().await;
    die_before_the_receipt(&gateway, &phone, &shot);
    let unknown = gateway.at(format!("blobs/ward-9/{}/put-back-from-a-backup.age", phone.id()));
    put_file(&unknown, b"left alone");
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();
    assert_eq!(clean(gateway.app()).await.unwrap(), 1);
    assert_eq!(clean(gateway.app()).await.unwrap(), 0);
    let left: Vec<_> =
        fs::read_dir(unknown.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["put-back-from-a-backup.age"]);
    assert_eq!(hospital.log(&gateway).await.entries.len(), 2, "the enrolment and the revocation");
}

#[tokio::test]
async fn a_revoked_phones_void_takes_the_bytes_that_were_whole_with_it() {
    let (hospital, gateway, phone, shot, _) = begin().await;
    die_before_the_receipt(&gateway, &phone, &shot);
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();
    let void = shot.void(&phone);
    phone.offer(&gateway, &void).await.held();
    assert_eq!(hospital.log(&gateway).await.entries.last().unwrap().jws, void);
    assert_eq!(fs::read_dir(gateway.at(format!("blobs/ward-9/{}", phone.id()))).unwrap().count(), 0);
}

#[tokio::test]
async fn bundle_and_policy_are_never_older_than_before() {
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    let named = || vec![gateway.named(&hospital.tenant)];
    let bundle =
        |version, by: &SoftwareKey| Jws::sign(&hospital.bundle(version, named(), gateway.now()), by).unwrap();
    let policy = |version, by: &SoftwareKey| Jws::sign(&hospital.policy(version), by).unwrap();
    let (first, second) = (bundle(1, &hospital.root), bundle(2, &hospital.root));
    let stranger = bundle(3, &key(9));
    let (old, new) = (policy(1, &hospital.policy_key), policy(2, &hospital.policy_key));
    let foreign = policy(3, &key(9));

    gateway.write_bundle(&hospital, &second);
    gateway.write_policy(&hospital, &new);
    gateway.open().await.unwrap();
    let path = format!("/v1/{}/bundle", hospital.tenant);
    assert_eq!(gateway.get(&path).await.body, second.as_str());
    for (jws, expected) in [(&first, "rollback"), (&stranger, "bundle_untrusted")] {
        gateway.write_bundle(&hospital, jws);
        assert_eq!(gateway.open().await.unwrap_err().code(), expected);
    }
    gateway.write_bundle(&hospital, &second);
    for (jws, expected) in [(&old, "rollback"), (&foreign, "policy_invalid")] {
        gateway.write_policy(&hospital, jws);
        assert_eq!(gateway.open().await.unwrap_err().code(), expected);
    }
    gateway.write_policy(&hospital, &new);
    gateway.open().await.unwrap();
    let remembered = gateway.at(format!("tenants/{}.versions", hospital.tenant));
    assert_eq!(fs::read_to_string(&remembered).unwrap(), "2 2\n");
    for damaged in ["", "2\n", "2 2", "x 2\n", "2 2 2\n"] {
        put_file(&remembered, damaged.as_bytes());
        assert_eq!(gateway.open().await.unwrap_err().code(), "versions_damaged", "{damaged:?}");
    }
    put_file(&remembered, b"2 2\n");
    gateway.open().await.unwrap();
}

#[tokio::test]
async fn bundles_by_which_roots_handed_over_are_served_for_good_whichever_way_they_came() {
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    let (second, third) = (key(40), key(41));
    let roots = [&hospital.root, &second, &third];
    let bundle = |gateway: &Gateway, version: u64, root: usize, next: Option<usize>| {
        let mut bundle = hospital.bundle(version, vec![gateway.named(&hospital.tenant)], gateway.now());
        bundle.root = roots[root].public_key();
        bundle.next_root = next.map(|next| roots[next].public_key().fingerprint());
        Jws::sign(&bundle, roots[root]).unwrap()
    };
    let (two, three) = (bundle(&gateway, 2, 0, Some(1)), bundle(&gateway, 3, 1, None));
    let (four, five) = (bundle(&gateway, 4, 1, Some(2)), bundle(&gateway, 5, 2, None));
    let path = format!("/v1/{}/handovers", hospital.tenant);
    let served = async |gateway: &Gateway| {
        let told: Handovers = serde_json::from_slice(&gateway.get(&path).await.body).unwrap();
        told.bundles
    };
    // Served one after the other, with restarts between.
    for (jws, expected) in [
        (&two, vec![]),
        (&three, vec![two.clone()]),
        (&three, vec![two.clone()]),
        (&four, vec![two.clone()]),
        (&five, vec![two.clone(), four.clone()]),
    ] {
        gateway.write_bundle(&hospital, jws);
        gateway.open().await.unwrap();
        assert_eq!(served(&gateway).await, expected);
    }
    // A start that is refused, or that cannot read what was kept, loses none of them.
    gateway.write_bundle(&hospital, &three);
    assert_eq!(gateway.open().await.unwrap_err().code(), "rollback");
    gateway.write_bundle(&hospital, &five);
    let kept = gateway.at(format!("tenants/{}.handovers.jws", hospital.tenant));
    let bytes = fs::read(&kept).unwrap();
    fs::remove_file(&kept).unwrap();
    fs::create_dir(&kept).unwrap();
    assert!(gateway.open().await.is_err());
    fs::remove_dir(&kept).unwrap();
    put_file(&kept, &bytes);
    gateway.open().await.unwrap();
    assert_eq!(served(&gateway).await, vec![two.clone(), four.clone()]);
    // A gateway whose data is new has them from the operator's file.
    fs::remove_dir_all(gateway.at("tenants")).unwrap();
    let file = gateway.file(&hospital, "bundle.jws");
    put_file(&file, format!("{}\n{}\n{}\n", four.as_str(), two.as_str(), five.as_str()).as_bytes());
    assert_eq!(gateway.open().await.unwrap_err().code(), "bundle_no_handover");
    put_file(&file, format!("{}\n{}\n{}\n", two.as_str(), four.as_str(), five.as_str()).as_bytes());
    gateway.open().await.unwrap();
    assert_eq!(served(&gateway).await, vec![two.clone(), four.clone()]);
}

#[tokio::test]
async fn a_bundle_that_names_another_gateway_is_refused_with_what_it_must_say() {
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    let mut other = gateway.named(&hospital.tenant);
    other.key = key(7).public_key();
    let bundle = hospital.bundle(2, vec![other], gateway.now());
    gateway.write_bundle(&hospital, &Jws::sign(&bundle, &hospital.root).unwrap());
    let error = gateway.open().await.unwrap_err();
    assert_eq!(error.code(), "gateway_not_in_bundle");
    let ours = gateway.named(&hospital.tenant).key;
    assert!(error.to_string().contains(&serde_json::to_string(&ours).unwrap()), "{error}");
}

#[tokio::test]
async fn a_damaged_key_is_an_error_and_not_a_new_key() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let before = gateway.named(&hospital.tenant);
    let again = gauze_gateway::GatewayKeys::load_or_make(&gateway.data()).unwrap();
    assert_eq!(again.public(BASE, &hospital.tenant).unwrap(), before);
    for name in ["receipts.pem", "checkpoints.key"] {
        let path = gateway.at("keys").join(name);
        let whole = fs::read(&path).unwrap();
        put_file(&path, &whole[..whole.len() / 2]);
        let error = gauze_gateway::GatewayKeys::load_or_make(&gateway.data()).err().unwrap();
        assert_eq!(error.code(), "keys_damaged", "{name}");
        put_file(&path, &whole);
    }
    assert_eq!(gateway.named(&hospital.tenant), before);
}

#[tokio::test]
async fn health_counters_and_the_interface_can_be_read_and_nothing_else_is_there() {
    let (hospital, gateway, _, shot, ticket) = begin().await;
    gateway.put(&ticket, shot.sealed.clone()).await.expect(201);
    gateway.get("/healthz").await.expect(200);
    let of_metrics = Request::get("/metrics").body(Body::empty()).unwrap();
    let metrics = ask(metrics_router(gateway.app().clone()), of_metrics).await;
    let text = String::from_utf8_lossy(&metrics.body).into_owned();
    for counter in ["gauze_photos_stored_total", "gauze_received_bytes_total", "gauze_log_size"] {
        assert!(text.contains(counter), "{counter} in {text}");
    }
    assert!(!text.contains(shot.id().to_string().as_str()));
    let described: serde_json::Value = gateway.get("/openapi.json").await.json(200);
    for path in ["/v1/{tenant}/uploads", "/v1/transfers/{ticket}", "/v1/{tenant}/log", "/healthz"] {
        assert!(described["paths"][path].is_object(), "{path}");
    }
    let mut says = Phone::holding(0, 0);
    says.holding.as_mut().unwrap().screen_captures = 1;
    let said = serde_json::to_value(says.holding).unwrap();
    let body = described["paths"]["/v1/{tenant}/status"]["post"]["requestBody"]["description"].as_str();
    for field in said.as_object().unwrap().keys() {
        assert!(body.unwrap().contains(field.as_str()), "{field} is not in {body:?}");
    }
    for path in ["/", "/v1", "/v1/ward-9", "/v1/ward-9/photos", "/v1/transfers", "/metrics", "/../etc/passwd"]
    {
        assert_eq!(gateway.get(path).await.refusal(), ProblemCode::NotFound, "{path}");
    }
    assert_eq!(gateway.get(&ticket).await.refusal(), ProblemCode::MethodNotAllowed);
    assert_eq!(gateway.get("/v1/%ff/bundle").await.refusal(), ProblemCode::UnknownTenant);
    assert_eq!(gateway.put("/v1/transfers/%ff", "").await.refusal(), ProblemCode::TicketUnknown);
    let bundle = gateway.get(&format!("/v1/{}/bundle", hospital.tenant)).await;
    assert_eq!(bundle.field("content-type"), "application/jose");
    assert_ne!(Digest::of(&bundle.body), Digest::of(b""));
}

#[tokio::test]
async fn everything_the_gateway_keeps_is_closed_to_other_users_also_what_was_open_before() {
    use std::os::unix::fs::PermissionsExt as _;
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    open(&gateway.data(), 0o755);
    open(&gateway.at("gateway.sqlite"), 0o644);
    gateway.open().await.unwrap();
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let (whole, part) = (phone.shoot(1000), phone.shoot(1000));
    phone.send(&gateway, &whole).await;
    let (ticket, _) = phone.offer(&gateway, &part.manifest).await.ticket();
    gateway.patch(&ticket, 0, false, part.sealed[..300].to_vec()).await.expect(204);
    let mut seen = 0;
    let mut dirs = vec![gateway.data()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            let expected = if entry.file_type().unwrap().is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, expected, "{}", entry.path().display());
            seen += 1;
            if expected == 0o700 {
                dirs.push(entry.path());
            }
        }
    }
    assert_eq!(fs::metadata(gateway.data()).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(seen > 12, "{seen}");
}

/// What a process leaves that died between the commit of a void and the deletion of what it takes back.
fn die_before_the_deletion(gateway: &Gateway, phone: &Phone, shot: &Shot) {
    assert!(!gateway.at(format!("blobs/ward-9/{}/{}.age", phone.id(), shot.id())).is_file());
    die_before_the_receipt(gateway, phone, shot);
}

#[tokio::test]
async fn what_was_discarded_after_it_was_refused_goes_also_where_the_process_died_meanwhile() {
    let (hospital, gateway, phone, shot, ticket) = begin().await;
    let state: CaptureState = gateway.put(&ticket, shot.sealed.clone()).await.json(201);
    let refused = hospital.refused(&state, gateway.now());
    hospital.acknowledge(&gateway, vec![refused]).await.expect(204);
    let void = phone.offer(&gateway, &shot.void(&phone)).await.held();
    die_before_the_deletion(&gateway, &phone, &shot);
    assert_eq!(clean(gateway.app()).await.unwrap(), 0, "the hospital has not heard of it yet");
    hospital.acknowledge(&gateway, vec![hospital.filed(&void, gateway.now())]).await.expect(204);
    gateway.pass(SignedDuration::from_hours(24 * i64::from(hospital.policy(1).keep_days) + 1));
    assert_eq!(clean(gateway.app()).await.unwrap(), 1);
    assert_eq!(fs::read_dir(gateway.at(format!("blobs/ward-9/{}", phone.id()))).unwrap().count(), 0);
}

#[tokio::test]
async fn what_a_phone_discards_under_its_next_key_goes_also_where_the_process_died_meanwhile() {
    let (hospital, gateway, phone, shot, ticket) = begin().await;
    let state: CaptureState = gateway.put(&ticket, shot.sealed.clone()).await.json(201);
    let refused = hospital.refused(&state, gateway.now());
    hospital.acknowledge(&gateway, vec![refused]).await.expect(204);
    let next = Phone::enrolled_after(&phone, &gateway, &hospital).await;
    next.offer(&gateway, &shot.void(&next)).await.held();
    assert_eq!(clean(gateway.app()).await.unwrap(), 0, "it went with the void");
    gateway.tamper("UPDATE capture SET blob = 1 WHERE discarded = 1").await;
    die_before_the_deletion(&gateway, &phone, &shot);
    assert_eq!(clean(gateway.app()).await.unwrap(), 1);
    assert_eq!(clean(gateway.app()).await.unwrap(), 0);
}
