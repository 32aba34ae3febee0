//! The log: our own trees against a naive one, and other people's proofs and notes.

use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_wire::Digest;
use gauze_wire::log::{
    Checkpoint, LogKey, Tree, WitnessKey, leaf_hash, node_hash, verify_consistency, verify_inclusion,
    verify_inclusion_hash,
};
use serde_json::Value;

use crate::samples::{log_key, note, note_key, witness, witness_key};

fn leaf(n: u64) -> Digest {
    Digest::of(&n.to_be_bytes())
}

/// RFC 6962 section 2.1, word for word.
fn naive_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [one] => leaf_hash(one),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn split(n: usize) -> usize {
    1 << (n - 1).ilog2()
}

fn naive_path(at: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = if at < left.len() {
        (naive_path(at, left), naive_root(right))
    } else {
        (naive_path(at - left.len(), right), naive_root(left))
    };
    path.push(sibling);
    path
}

#[test]
fn a_tree_known_by_its_edge_has_the_naive_root_at_every_size() {
    let leaves: Vec<Digest> = (0..130).map(leaf).collect();
    let mut tree = Tree::default();
    for n in 0..leaves.len() {
        assert_eq!(tree.root(), naive_root(&leaves[..n]), "{n}");
        let again = Tree::from_edge(tree.size(), tree.edge().to_vec()).unwrap();
        assert_eq!(again, tree);
        assert!(Tree::from_edge(tree.size(), [tree.edge(), &[leaf(0)]].concat()).is_err());
        tree.append(&leaves[n]);
    }
}

#[test]
fn every_proof_of_every_small_tree_verifies_and_no_changed_one_does() {
    for size in 1..=40_usize {
        let leaves: Vec<Digest> = (0..size as u64).map(leaf).collect();
        let checkpoint = Checkpoint { origin: "log".into(), size: size as u64, root: naive_root(&leaves) };
        for at in 0..size {
            let path = naive_path(at, &leaves);
            let verify = |index: usize, data: &Digest, path: &[Digest]| {
                verify_inclusion(&checkpoint, index as u64, data, path)
            };
            verify(at, &leaves[at], &path).unwrap();
            assert!(verify(at, &leaf(999), &path).is_err());
            assert!(size == 1 || verify((at + 1) % size, &leaves[at], &path).is_err());
            assert!(verify(at, &leaves[at], &[path.as_slice(), &[leaf(1)]].concat()).is_err());
            for changed in 0..path.len() {
                let mut path = path.clone();
                path[changed].0[7] ^= 1;
                assert!(verify(at, &leaves[at], &path).is_err());
            }
        }
    }
}

#[test]
fn a_note_counts_only_for_its_log_and_its_witness() {
    let signed = note();
    assert_eq!(log_key().verify(&signed).unwrap().origin, "gateway.test/ward-9");
    assert!(witness_key().verify(&signed).is_ok());
    // The log's key is no witness, the witness's no log, though both are Ed25519.
    assert!(note_key().witness_key().verify(&signed).is_err());
    assert!(witness().log_key().verify(&signed).is_err());
    for at in 0..signed.len() {
        if !signed.is_char_boundary(at) || !signed.is_char_boundary(at + 1) {
            continue;
        }
        let mut bytes = signed.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let both = log_key().verify(&changed).is_ok() && witness_key().verify(&changed).is_ok();
        assert!(!both, "byte {at}");
    }
    let unknown = format!("{signed}\u{2014} somebody AAAAAAAA\n");
    assert!(log_key().verify(&unknown).is_ok(), "unknown signatures are ignored");
    let other = Checkpoint { origin: "another.test/log".into(), size: 0, root: Digest::of(b"") };
    assert!(log_key().verify(&note_key().sign(&other)).is_err(), "another log's origin");
}

#[test]
fn verifier_keys_read_back_and_damaged_ones_are_refused() {
    let text = log_key().to_string();
    assert_eq!(text.parse::<LogKey>().unwrap(), log_key());
    assert!(text.parse::<WitnessKey>().is_err());
    assert!(text.replace("ward-9", "ward-8").parse::<LogKey>().is_err());
}

fn shared(sub: &str) -> Option<Value> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("GAUZE_SHARED_DATA").map_or(beside, PathBuf::from);
    match std::fs::read_to_string(root.join(sub)) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            println!("skipped: shared data not found");
            None
        }
    }
}

/// A hash of 32 bytes, or `None`: other lengths are errors in the vectors.
fn hash(value: &Value) -> Option<Digest> {
    let bytes = BASE64_STANDARD.decode(value.as_str().unwrap_or_default()).ok()?;
    Some(Digest(bytes.try_into().ok()?))
}

fn proof(case: &Value) -> Option<Vec<Digest>> {
    case["proof"].as_array().map_or(Some(Vec::new()), |path| path.iter().map(hash).collect())
}

#[test]
fn inclusion_proofs_of_others_get_their_verdicts() {
    let Some(vectors) = shared("05-transparency-log/merkle/inclusion.json") else { return };
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let number = |name: &str| case[name].as_u64();
        let verified = (|| {
            let (index, size) = (number("leafIdx")?, number("treeSize")?);
            let (root, leaf) = (hash(&case["root"])?, hash(&case["leafHash"])?);
            verify_inclusion_hash(size, &root, index, leaf, &proof(case)?).ok()
        })();
        assert_eq!(verified.is_none(), case["wantErr"].as_bool().unwrap(), "{}", case["name"]);
    }
    assert!(cases.len() > 50);
}

#[test]
fn consistency_proofs_of_others_get_their_verdicts() {
    let Some(vectors) = shared("05-transparency-log/merkle/consistency.json") else { return };
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let verified = (|| {
            let (old, new) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
            let (old_root, new_root) = (hash(&case["root1"])?, hash(&case["root2"])?);
            verify_consistency(old, &old_root, new, &new_root, &proof(case)?).ok()
        })();
        assert_eq!(verified.is_none(), case["wantErr"].as_bool().unwrap(), "{}", case["name"]);
    }
    assert!(cases.len() > 50);
}
