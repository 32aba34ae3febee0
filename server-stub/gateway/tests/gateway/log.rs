//! The tenant's log: every leaf has its place, and the puller can rebuild the tree.

use gauze_wire::log::Tree;
use gauze_wire::{EntryKind, ProblemCode, Stored};

use crate::fixture::{Gateway, Hospital, Phone, binding};

#[tokio::test]
async fn seventy_receipts_prove_their_places_and_the_log_rebuilds_the_same_trees() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let named = gateway.named(&hospital.tenant);
    let mut receipts = Vec::new();
    for n in 1..=70 {
        let shot = phone.shoot(50);
        // Every third was discarded: a void is a leaf like any other.
        let (manifest, state) = if n % 3 == 0 {
            let void = shot.void(&phone);
            let state = phone.offer(&gateway, &void).await.held();
            (void, state)
        } else {
            let state = phone.send(&gateway, &shot).await;
            (shot.manifest, state)
        };
        let keys = std::slice::from_ref(&named.key);
        let stored = Stored::verify(&state.stored, keys, &binding(&manifest), &named.log, None).unwrap();
        assert_eq!(stored.proof.log_index, n);
        receipts.push((manifest, stored));
    }

    let mut tree = Tree::default();
    let mut roots = Vec::new();
    let mut from = 0;
    loop {
        // Pages of sizes that do not divide the log.
        let page: gauze_wire::LogPage =
            hospital.fetch(&gateway, &format!("log?from={from}&limit=13")).await.json(200);
        assert!(page.entries.len() <= 13);
        let Some(last) = page.entries.last() else { break };
        from = last.index + 1;
        for entry in &page.entries {
            assert_eq!(entry.index, tree.size());
            let kind = match entry.index {
                0 => EntryKind::Enrolment,
                n if n % 3 == 0 => EntryKind::Void,
                _ => EntryKind::Photo,
            };
            assert_eq!(entry.kind, kind);
            tree.append(&entry.jws.digest());
            roots.push(tree.root());
        }
        let checkpoint = named.log.verify(&page.checkpoint).unwrap();
        assert_eq!(checkpoint.size, 71);
    }
    let checkpoint = named.log.verify(&hospital.log(&gateway).await.checkpoint).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (71, tree.root()));
    for (n, (manifest, stored)) in receipts.iter().enumerate() {
        let signed = named.log.verify(&stored.proof.checkpoint).unwrap();
        assert_eq!(usize::try_from(signed.size).unwrap(), n + 2);
        assert_eq!(signed.root, roots[n + 1], "the tree as it was then");
        assert_eq!(stored.manifest_sha256, manifest.digest());
    }
}

#[tokio::test]
async fn an_empty_log_has_the_root_of_nothing_and_pages_end() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let named = gateway.named(&hospital.tenant);
    let page = hospital.log(&gateway).await;
    let checkpoint = named.log.verify(&page.checkpoint).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (0, Tree::default().root()));
    assert!(page.entries.is_empty());
    Phone::enrolled(&gateway, &hospital).await;
    let past: gauze_wire::LogPage = hospital.fetch(&gateway, "log?from=1").await.json(200);
    assert!(past.entries.is_empty());
    let far = format!("log?from={}&limit=0", u64::MAX);
    hospital.fetch(&gateway, &far).await.expect(200);
    for query in ["log", "log?from=x", "log?from=0&limit=-1", "log?from=0&more=1"] {
        assert_eq!(hospital.fetch(&gateway, query).await.refusal(), ProblemCode::MalformedRequest);
    }
}

#[tokio::test]
async fn a_restart_keeps_log_devices_receipts_and_bytes() {
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let (sent, begun) = (phone.shoot(1000), phone.shoot(1000));
    let state = phone.send(&gateway, &sent).await;
    let (ticket, _) = phone.offer(&gateway, &begun.manifest).await.ticket();
    gateway.patch(&ticket, 0, false, begun.sealed[..300].to_vec()).await.expect(204);
    let before = hospital.log(&gateway).await;

    gateway.open().await.unwrap();

    assert_eq!(hospital.log(&gateway).await, before);
    assert_eq!(phone.status(&gateway, vec![sent.id(), begun.id()]).await, [state]);
    let blob = format!("blobs/{}/{}", phone.id(), sent.id());
    assert_eq!(hospital.fetch(&gateway, &blob).await.body, sent.sealed);
    assert_eq!(gateway.head(&ticket).await.field("upload-offset"), "300");
    gateway.patch(&ticket, 300, true, begun.sealed[300..].to_vec()).await.expect(201);
}

#[tokio::test]
async fn a_blob_that_is_not_here_or_not_named_as_ids_are_is_not_found() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(1000);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    gateway.patch(&ticket, 0, false, shot.sealed[..300].to_vec()).await.expect(204);
    let never = phone.shoot(10);
    for path in [
        format!("blobs/{}/{}", phone.id(), shot.id()),
        format!("blobs/{}/{}", phone.id(), never.id()),
        format!("blobs/{}/..%2f..%2fgateway.sqlite", phone.id()),
        format!("blobs/%2e%2e/{}", shot.id()),
        "blobs/x/%ff".to_owned(),
    ] {
        assert_eq!(hospital.fetch(&gateway, &path).await.refusal(), ProblemCode::NotFound, "{path}");
    }
}
