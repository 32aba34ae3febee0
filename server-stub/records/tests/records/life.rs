//! Devices' lives: what the gateway's operators decided is judged again, and what they ask for is signed here or not at all.

use gauze_records::proposals::{Decider, approve, list_proposals, refuse, show_proposal};
use gauze_records::pull::Approve;
use gauze_records::{ChainState, Coded as _, list_acts, list_devices};
use gauze_wire::{
    Act, Attestation, Bytes, Deed, DeviceStatus, Digest, Jws, Photos, Policy, ProblemCode, ProposalId,
    Reattestation, Report, ReportId, Signed as _, SoftwareKey, Token, Wanted, WipeCause, WipeOrder, Wiped,
};
use serde_json::json;

use crate::fixture::{Hospital, Phone};

fn act(hospital: &Hospital, deed: Deed) -> Act {
    hospital.act(("helpdesk-7", "lost on a bus"), deed)
}

fn acts(hospital: &Hospital, deed: Deed) {
    hospital.gateway.log(&Jws::sign(&act(hospital, deed), &hospital.gateway.signer()).unwrap());
}

fn propose(hospital: &Hospital, n: u8, wanted: Wanted) -> ProposalId {
    let proposal_id: ProposalId = format!("{n:A>22}").parse().unwrap();
    acts(hospital, Deed::Propose { proposal_id: proposal_id.clone(), wanted });
    proposal_id
}

fn token(serial: Option<&str>) -> Wanted {
    Wanted::Token { hours: 8, serial: serial.map(|serial| serial.parse().unwrap()) }
}

fn by() -> Decider {
    Decider::new("governance-2", "as asked").unwrap()
}

#[tokio::test]
async fn what_a_phone_adopts_after_an_operator_vouched_for_it_takes_its_place() {
    let hospital = Hospital::new();
    let mut old = Phone::enrolled(10, &hospital);
    let (left, after) = (old.photo(&hospital), old.photo(&hospital));
    let new = old.claimed(11, &hospital);
    acts(&hospital, Deed::Succeed { device_id: new.id(), former: old.id() });
    for photo in [&left, &after] {
        hospital.gateway.take(&new.adopt(&hospital, photo));
    }
    hospital.pass().await.unwrap();
    let chains: Vec<_> = hospital.list().await.iter().map(|photo| photo.chain).collect();
    assert_eq!(chains, [ChainState::Ok; 2]);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn acts_are_believed_by_the_gateways_key_alone_and_listed() {
    let hospital = Hospital::new();
    let phone = Phone::enrolled(10, &hospital);
    acts(&hospital, Deed::Suspend { device_id: phone.id() });
    let forged = act(&hospital, Deed::Resume { device_id: phone.id() });
    hospital.gateway.log(&Jws::sign(&forged, &SoftwareKey::from_bytes(&[77; 32]).unwrap()).unwrap());
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected), (1, 1));

    let listed = list_acts(&hospital.data()).await.unwrap();
    let told: Vec<_> =
        listed.iter().map(|act| (act.log_index, act.operator.as_str(), act.deed.name())).collect();
    assert_eq!(told, [(1, "helpdesk-7", "suspend")]);
    assert_eq!(list_devices(&hospital.data()).await.unwrap()[0].status, DeviceStatus::Suspended);
    let verified = hospital.verify().await;
    assert!(verified.ok, "{:?}", verified.findings);
    assert_eq!(verified.acts, 1);
}

#[tokio::test]
async fn a_phone_is_listed_with_what_its_serial_number_rests_on_and_what_may_have_replaced_it() {
    let hospital = Hospital::new();
    let enrolled = |n, serial: &str| {
        let mut phone = Phone::new(n);
        phone.serial = Some(serial.parse().unwrap());
        hospital.gateway.log(&phone.enrolment(&hospital, hospital.token()));
        phone
    };
    let [first, later] = [enrolled(10, "SN-7"), enrolled(11, "sn-7")];
    let attests = Phone::enrolled(12, &hospital);
    let next = attests.again(13, &hospital);
    hospital.pass().await.unwrap();
    hospital.sql("UPDATE device SET attested_serial = 'R58M41' WHERE log_index = 2").await;
    let listed = list_devices(&hospital.data()).await.unwrap();
    let told: Vec<_> = listed
        .iter()
        .map(|phone| {
            let next = phone.replaced_by.clone().map(|next| (next.device_id, next.proven));
            (phone.device_id.clone(), phone.told_serial(), next)
        })
        .collect();
    let said = |text: &str| Some(text.to_owned());
    let expected = [
        (first.id(), said("SN-7 (stated)"), Some((later.id(), false))),
        (later.id(), said("sn-7 (stated)"), None),
        (attests.id(), said("R58M41 (attested)"), Some((next.id(), true))),
        (next.id(), None, None),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_act_that_an_older_version_rejected_is_taken_in_unless_it_changes_what_a_phone_may_do() {
    let hospital = Hospital::new();
    let phone = Phone::enrolled(10, &hospital);
    let report = Deed::Report { sealed: Bytes::new(*b"an age file").unwrap() };
    acts(&hospital, report.clone());
    let stranger = SoftwareKey::from_bytes(&[77; 32]).unwrap();
    hospital.gateway.log(&Jws::sign(&act(&hospital, report), &stranger).unwrap());
    hospital.pass().await.unwrap();
    // As a version left it that did not know these kinds.
    let rejected = async || {
        hospital
            .sql(
                "INSERT INTO rejected SELECT log_index, '', 'signature_invalid' FROM note WHERE kind = 'act'",
            )
            .await;
        assert_ne!(hospital.sql("DELETE FROM note WHERE kind = 'act'").await, 0);
        assert!(list_acts(&hospital.data()).await.unwrap().is_empty());
        hospital.pass().await.unwrap();
        let listed = list_acts(&hospital.data()).await.unwrap();
        listed.iter().map(|act| (act.log_index, act.deed.name())).collect::<Vec<_>>()
    };
    assert_eq!(rejected().await, [(1, "report")]);
    let verified = hospital.verify().await;
    assert!(verified.ok, "{:?}", verified.findings);
    acts(&hospital, Deed::Suspend { device_id: phone.id() });
    hospital.pass().await.unwrap();
    assert_eq!(rejected().await, [(1, "report")], "photos were judged without the other");
}

#[tokio::test]
async fn a_phones_report_that_did_not_hold_when_it_came_is_taken_in_once_it_does() {
    let hospital = Hospital::new();
    let phone = Phone::enrolled(10, &hospital);
    let report = Report {
        v: 1,
        typ: Report::TYP.into(),
        tenant: hospital.tenant(),
        device_id: phone.id(),
        report_id: ReportId::make(&[1; 16]),
        sealed: Bytes::new(*b"an age file").unwrap(),
    };
    hospital.gateway.log(&Jws::sign(&report, &phone.key).unwrap());
    let stranger = SoftwareKey::from_bytes(&[77; 32]).unwrap();
    hospital.gateway.log(&Jws::sign(&report, &stranger).unwrap());
    hospital.pass().await.unwrap();
    hospital.sql("UPDATE rejected SET code = 'wrong_type'").await;
    hospital
        .sql("INSERT INTO rejected SELECT log_index, device_id, 'wrong_type' FROM note WHERE kind = 'report'")
        .await;
    assert_eq!(hospital.sql("DELETE FROM note WHERE kind = 'report'").await, 1);
    hospital.pass().await.unwrap();
    let found = hospital.verify().await;
    assert!(found.words == 1, "{found:?}");
}

#[tokio::test]
async fn a_photo_of_a_phone_that_was_revoked_before_is_refused_and_its_void_is_not() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let before = phone.photo(&hospital);
    hospital.gateway.take(&before);
    acts(&hospital, Deed::Revoke { device_id: phone.id() });
    let after = phone.photo(&hospital);
    hospital.gateway.take(&after);
    let given_up = phone.photo(&hospital);
    let void = phone.void(&hospital, &given_up);
    hospital.gateway.log(&void.jws);
    assert_eq!(hospital.pass().await.unwrap().voids, 1);
    hospital.filed(&before);
    hospital.filed(&void);
    assert_eq!(hospital.cause(&after), "enrolment_invalid");
    let verified = hospital.verify().await;
    assert!(verified.ok, "{:?}", verified.findings);
}

#[tokio::test]
async fn a_revoked_phone_stays_revoked_whatever_the_gateway_says_later() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let device_id = phone.id();
    acts(&hospital, Deed::Revoke { device_id: device_id.clone() });
    acts(&hospital, Deed::Resume { device_id: device_id.clone() });
    acts(&hospital, Deed::Suspend { device_id: device_id.clone() });
    acts(&hospital, Deed::Resume { device_id });
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&photo), "enrolment_invalid");
    assert_eq!(list_devices(&hospital.data()).await.unwrap()[0].status, DeviceStatus::Revoked);
    let verified = hospital.verify().await;
    assert!(verified.ok, "{:?}", verified.findings);
}

#[tokio::test]
async fn what_is_approved_is_signed_as_asked_and_handed_in_by_the_next_pull() {
    let hospital = Hospital::new();
    let phone = Phone::enrolled(10, &hospital);
    let asked = [
        propose(&hospital, 1, token(Some("SN-1"))),
        propose(&hospital, 2, Wanted::Wipe { device_id: phone.id(), photos: Photos::Keep }),
        propose(&hospital, 3, Wanted::Policy { policy: policy(&hospital) }),
        propose(&hospital, 4, token(None)),
    ];
    hospital.pass().await.unwrap();
    let data = hospital.data();
    assert_eq!(list_proposals(&data, false).await.unwrap().len(), 4);
    for id in &asked[..3] {
        let view = approve(&data, &hospital.keys(), id, &by(), hospital.now()).await.unwrap();
        assert_eq!((view.status.as_str(), view.handed_in.as_str()), ("approved", "no"));
    }
    refuse(&data, &asked[3], &by(), hospital.now()).await.unwrap();
    assert_eq!(hospital.pass().await.unwrap().decisions, 4);
    assert!(list_proposals(&data, false).await.unwrap().is_empty());

    let decisions = hospital.gateway.with(|shop| shop.decisions.clone());
    let signed: Vec<_> = decisions.iter().map(|decision| decision.signed.clone()).collect();
    let (keys, tenant) = (hospital.keys(), hospital.tenant());
    let key = gauze_wire::Signer::public_key(&keys.policy().unwrap());
    let token: Token = signed[0].as_ref().unwrap().verify(&key, &tenant).unwrap();
    assert_eq!((token.token_id.as_str(), token.serial), (asked[0].as_str(), Some("SN-1".parse().unwrap())));
    let order: WipeOrder = signed[1].as_ref().unwrap().verify(&key, &tenant).unwrap();
    assert_eq!((order.device_id, order.order_id), (phone.id(), asked[1].clone()));
    let policy: Policy = signed[2].as_ref().unwrap().verify(&key, &tenant).unwrap();
    assert_eq!((policy.version, policy.keep_days), (2, 3));
    assert_eq!(signed[3], None);
    assert_eq!(decisions[0].operator.as_str(), "governance-2");
    let verified = hospital.verify().await;
    assert!(verified.ok, "{:?}", verified.findings);
}

/// A policy's fields without a version: this side gives it the next.
fn policy(hospital: &Hospital) -> serde_json::Map<String, serde_json::Value> {
    let mut policy = hospital.template("policy.json");
    policy["allow_software_keys"] = json!(true);
    policy["keep_days"] = json!(3);
    policy.as_object_mut().unwrap().remove("version");
    policy.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_proposal_is_decided_once() {
    let hospital = Hospital::new();
    let id = propose(&hospital, 1, token(None));
    hospital.pass().await.unwrap();
    let data = hospital.data();
    refuse(&data, &id, &by(), hospital.now()).await.unwrap();
    let again = approve(&data, &hospital.keys(), &id, &by(), hospital.now()).await.err().unwrap();
    assert_eq!(again.code(), "decided_before");
    let unknown = "BBBBBBBBBBBBBBBBBBBBBB".parse().unwrap();
    assert_eq!(show_proposal(&data, &unknown).await.err().unwrap().code(), "unknown_proposal");
}

#[tokio::test]
async fn a_policy_whose_approval_was_cut_off_is_signed_once() {
    let hospital = Hospital::new();
    let id = propose(
        &hospital,
        1,
        Wanted::Policy {
            policy: {
                let mut policy = policy(&hospital);
                policy.insert("version".into(), json!(2));
                policy
            },
        },
    );
    hospital.pass().await.unwrap();
    let first = approve(&hospital.data(), &hospital.keys(), &id, &by(), hospital.now()).await;
    assert!(first.is_ok());
    // The process dies after the policy was signed and before the decision was kept.
    hospital.sql("UPDATE proposal SET status = 'waiting', signed = NULL, decided_by = NULL").await;
    approve(&hospital.data(), &hospital.keys(), &id, &by(), hospital.now()).await.unwrap();
    assert_eq!(hospital.pass().await.unwrap().decisions, 1);
    assert!(hospital.verify().await.ok);
}

/// A list of serials in the hospital's directory.
fn tokens(hospital: &Hospital, serials: &str, a_day: u32) -> Approve {
    let path = hospital.data().join("serials.txt");
    std::fs::create_dir_all(hospital.data()).unwrap();
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), serials.as_bytes()).unwrap();
    Approve::Tokens { serials: path, a_day }
}

#[tokio::test]
async fn tokens_are_signed_without_asking_only_for_listed_phones_and_nothing_else_is() {
    let hospital = Hospital::new();
    let phone = Phone::enrolled(10, &hospital);
    propose(&hospital, 1, token(Some("SN-1")));
    propose(&hospital, 2, Wanted::Wipe { device_id: phone.id(), photos: Photos::Destroy });
    propose(&hospital, 3, Wanted::Policy { policy: policy(&hospital) });
    propose(&hospital, 4, token(None));
    propose(&hospital, 5, token(Some("SN-9")));
    assert_eq!(hospital.pass().await.unwrap().decisions, 0);
    let listed = tokens(&hospital, "# ward 9\nSN-1 # the first\n\n", 10);
    let puller = hospital.puller().await.unwrap().approving(listed);
    assert_eq!(puller.pass().await.unwrap().decisions, 1);
    // The list is read anew; one that is gone signs nothing and stops nothing.
    std::fs::remove_file(hospital.data().join("serials.txt")).unwrap();
    propose(&hospital, 6, token(Some("SN-1")));
    assert_eq!(puller.pass().await.unwrap().decisions, 0);
    puller.close().await;
    let waiting = list_proposals(&hospital.data(), false).await.unwrap();
    let kinds: Vec<_> = waiting.iter().map(|proposal| proposal.wanted.kind()).collect();
    assert_eq!(kinds, ["wipe", "policy", "token", "token", "token"]);
}

#[tokio::test]
async fn no_more_tokens_are_signed_without_asking_than_a_day_allows() {
    let hospital = Hospital::new();
    for n in 1..=4 {
        propose(&hospital, n, token(Some("SN-1")));
    }
    let two = tokens(&hospital, "SN-1\n", 2);
    for signed in [2, 0] {
        let puller = hospital.puller().await.unwrap().approving(two.clone());
        assert_eq!(puller.pass().await.unwrap().decisions, signed);
        puller.close().await;
    }
    assert_eq!(list_proposals(&hospital.data(), false).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_proposal_that_cannot_be_signed_holds_up_no_other_and_no_photo() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    propose(&hospital, 1, token(Some("SN-1")));
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let listed = tokens(&hospital, "SN-1\n", 2);
    let key = hospital.keys().path(gauze_records::keys::POLICY);
    let kept = std::fs::read(&key).unwrap();
    let puller = hospital.puller().await.unwrap().approving(listed);
    std::fs::remove_file(&key).unwrap();
    let report = puller.pass().await.unwrap();
    assert_eq!((report.filed, report.decisions), (1, 0));
    std::io::Write::write_all(&mut std::fs::File::create(&key).unwrap(), &kept).unwrap();
    assert_eq!(puller.pass().await.unwrap().decisions, 1);
    puller.close().await;
}

#[tokio::test]
async fn a_decision_that_the_gateway_will_not_take_is_shown_and_holds_up_no_photo() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let id = propose(&hospital, 1, token(None));
    hospital.pass().await.unwrap();
    approve(&hospital.data(), &hospital.keys(), &id, &by(), hospital.now()).await.unwrap();
    hospital.gateway.with(|shop| shop.decision_problems.insert(id.clone(), ProblemCode::DecisionInvalid));
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    hospital.filed(&photo);
    assert_eq!(show_proposal(&hospital.data(), &id).await.unwrap().handed_in, "refused");
}

#[tokio::test]
async fn a_signed_wipe_order_outlasts_whatever_passes_at_the_gateway_and_holds_up_no_other() {
    for code in [ProblemCode::StorageFull, ProblemCode::Unavailable, ProblemCode::Internal] {
        let hospital = Hospital::new();
        let mut phone = Phone::enrolled(10, &hospital);
        let wipe = propose(&hospital, 1, Wanted::Wipe { device_id: phone.id(), photos: Photos::Keep });
        let other = propose(&hospital, 2, token(None));
        hospital.pass().await.unwrap();
        for id in [&wipe, &other] {
            approve(&hospital.data(), &hospital.keys(), id, &by(), hospital.now()).await.unwrap();
        }
        hospital.gateway.with(|shop| shop.decision_problems.insert(wipe.clone(), code));
        let photo = phone.photo(&hospital);
        hospital.gateway.take(&photo);
        assert_eq!(hospital.pass().await.unwrap().decisions, 1, "{code}");
        hospital.filed(&photo);
        assert_eq!(show_proposal(&hospital.data(), &wipe).await.unwrap().handed_in, "no", "{code}");
        hospital.gateway.with(|shop| shop.decision_problems.clear());
        assert_eq!(hospital.pass().await.unwrap().decisions, 1, "{code}");
        assert_eq!(show_proposal(&hospital.data(), &wipe).await.unwrap().handed_in, "yes", "{code}");
    }
}

#[tokio::test]
async fn a_phones_word_that_it_was_wiped_counts_by_its_own_key() {
    let hospital = Hospital::new();
    let phone = Phone::enrolled(10, &hospital);
    let word = Wiped {
        v: 1,
        typ: Wiped::TYP.into(),
        tenant: hospital.tenant(),
        device_id: phone.id(),
        cause: WipeCause::Offline,
        order_id: None,
        at: hospital.now(),
        highest_seq: 0,
        head: None,
        unsent: 0,
        destroyed: Vec::new(),
    };
    hospital.gateway.log(&Jws::sign(&word, &phone.key).unwrap());
    hospital.gateway.log(&Jws::sign(&word, &SoftwareKey::from_bytes(&[77; 32]).unwrap()).unwrap());
    assert_eq!(hospital.pass().await.unwrap().rejected, 1);
    let verified = hospital.verify().await;
    assert!(verified.ok, "{:?}", verified.findings);
}

#[tokio::test]
async fn evidence_shown_again_is_judged_again() {
    let hospital = Hospital::new();
    let phone = Phone::enrolled(10, &hospital);
    let shown = |challenge: Digest, attestation: Attestation| Reattestation {
        v: 1,
        typ: Reattestation::TYP.into(),
        tenant: hospital.tenant(),
        device_id: phone.id(),
        challenge,
        attestation,
        app_version: "0.1.0".parse().unwrap(),
        at: hospital.now(),
    };
    let (challenge, key) = (Digest::of(b"challenge"), gauze_wire::Signer::public_key(&phone.key));
    let right = shown(challenge, Attestation::software(&challenge, &key));
    let wrong = shown(Digest::of(b"another"), Attestation::software(&challenge, &key));
    for evidence in [&right, &wrong] {
        hospital.gateway.log(&Jws::sign(evidence, &phone.key).unwrap());
    }
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.entries, report.rejected), (3, 1));
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn an_edit_of_a_devices_life_shows() {
    let edits: [(&'static str, &[&str]); 5] = [
        ("UPDATE device SET status = 'active'", &["device_status_differs"]),
        ("UPDATE proposal SET status = 'refused', signed = NULL", &["proposal_differs"]),
        ("DELETE FROM proposal", &["index_row_unknown"]),
        ("DELETE FROM note WHERE log_index = 1", &["entry_unaccounted", "device_status_differs"]),
        ("UPDATE note SET kind = 'wiped' WHERE log_index = 1", &["entry_differs", "device_status_differs"]),
    ];
    for (edit, expected) in edits {
        let hospital = Hospital::new();
        let phone = Phone::enrolled(10, &hospital);
        acts(&hospital, Deed::Revoke { device_id: phone.id() });
        let id = propose(&hospital, 1, token(None));
        hospital.pass().await.unwrap();
        approve(&hospital.data(), &hospital.keys(), &id, &by(), hospital.now()).await.unwrap();
        hospital.pass().await.unwrap();
        let signed = hospital.gateway.with(|shop| shop.decisions[0].signed.clone().unwrap());
        acts(&hospital, Deed::Settle { proposal_id: id, signed: Some(signed.digest()) });
        hospital.pass().await.unwrap();
        assert!(hospital.verify().await.ok);
        hospital.sql(edit).await;
        assert_eq!(hospital.found().await, expected, "{edit}");
    }
}

/// As it is printed, for a shell, whatever the directories are called.
#[tokio::test]
async fn the_command_that_is_told_with_a_waiting_proposal_approves_it_as_it_stands() {
    let hospital = Hospital::new();
    let id = propose(&hospital, 1, token(None));
    hospital.pass().await.unwrap();
    let [data, keys] = ["its records", "its keys"].map(|name| hospital.path(name));
    std::os::unix::fs::symlink(hospital.data(), &data).unwrap();
    std::os::unix::fs::symlink(hospital.path("keys"), &keys).unwrap();
    let typed = async |line: String| {
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_gauze-records"));
        let mut shell = tokio::process::Command::new("/bin/sh");
        shell.args(["-c", &line]).env("PATH", program.parent().unwrap());
        let done = shell.output().await.unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let (data, keys) = (data.display(), keys.display());
    let show = format!("gauze-records proposals show {id} --data '{data}' --keys '{keys}'");
    let shown = typed(show).await;
    let approved = typed(shown.split('`').nth(1).unwrap().to_owned()).await;
    assert!(approved.contains("the next pull hands the decision in"), "{approved}");
    assert_eq!(show_proposal(&hospital.data(), &id).await.unwrap().status, "approved");
}
