//! The gateway witnesses the records side's access log.

use gauze_wire::log::{AddCheckpoint, Checkpoint, NoteKey, Tree, Witnessed, leaf_hash, node_hash};
use gauze_wire::{Digest, ProblemCode};

use crate::fixture::{Gateway, Hospital, Reply};

fn key(hospital: &Hospital, seed: u8) -> NoteKey {
    NoteKey::from_bytes(&format!("{}/access", hospital.tenant), &[seed; 32]).unwrap()
}

fn data(of: u8, index: u8) -> Digest {
    Digest::of(&[of, index])
}

fn root(of: u8, size: u8) -> Digest {
    let mut tree = Tree::default();
    (0..size).for_each(|index| tree.append(&data(of, index)));
    tree.root()
}

fn ask(key: &NoteKey, of: u8, (old, new): (u8, u8), proof: Vec<Digest>) -> AddCheckpoint {
    let checkpoint =
        Checkpoint { origin: key.log_key().name().to_owned(), size: new.into(), root: root(of, new) };
    AddCheckpoint { log: key.log_key(), old: old.into(), proof, checkpoint: key.sign(&checkpoint) }
}

async fn tell(gateway: &Gateway, hospital: &Hospital, asked: &AddCheckpoint) -> Reply {
    hospital.tell(gateway, "access-checkpoints", serde_json::to_vec(asked).unwrap()).await
}

/// From two leaves to three of the log `of`: the third leaf is the only node that is new.
fn two_to_three(of: u8) -> Vec<Digest> {
    vec![leaf_hash(&data(of, 2))]
}

#[tokio::test]
async fn a_checkpoint_that_continues_what_was_cosigned_is_cosigned_and_no_other_is() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let (key, witness) = (key(&hospital, 1), gateway.named(&hospital.tenant).log.as_witness());

    let first: Witnessed = tell(&gateway, &hospital, &ask(&key, 1, (0, 2), vec![])).await.json(200);
    let note = first.note.unwrap();
    assert_eq!(first.size, 2);
    witness.verify(&note).unwrap();
    assert_eq!(
        key.log_key().verify(&note).unwrap().root,
        node_hash(&leaf_hash(&data(1, 0)), &leaf_hash(&data(1, 1)))
    );

    let next: Witnessed = tell(&gateway, &hospital, &ask(&key, 1, (2, 3), two_to_three(1))).await.json(200);
    assert!(next.note.is_some_and(|note| witness.verify(&note).is_ok()));
    // It has forgotten what was cosigned, or was rolled back: it is told from where to prove.
    let behind: Witnessed = tell(&gateway, &hospital, &ask(&key, 1, (0, 2), vec![])).await.json(200);
    assert_eq!(behind, Witnessed { size: 3, note: None });
    // Going back, another history of the same length, and one without a proof.
    for asked in [
        AddCheckpoint { old: 3, ..ask(&key, 1, (0, 2), vec![]) },
        ask(&key, 2, (3, 3), vec![]),
        ask(&key, 1, (3, 4), vec![]),
        ask(&key, 1, (3, 4), two_to_three(1)),
    ] {
        assert_eq!(tell(&gateway, &hospital, &asked).await.refusal(), ProblemCode::CheckpointInvalid);
    }
}

#[tokio::test]
async fn the_first_key_is_the_log_s_key_for_good() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    tell(&gateway, &hospital, &ask(&key(&hospital, 1), 1, (0, 2), vec![])).await.json::<Witnessed>(200);
    let stranger = ask(&key(&hospital, 2), 1, (2, 3), two_to_three(1));
    assert_eq!(tell(&gateway, &hospital, &stranger).await.refusal(), ProblemCode::CheckpointInvalid);
    let elsewhere = NoteKey::from_bytes("other/access", &[1; 32]).unwrap();
    assert_eq!(
        tell(&gateway, &hospital, &ask(&elsewhere, 1, (0, 2), vec![])).await.refusal(),
        ProblemCode::CheckpointInvalid
    );
}
