//! Somebody who may write the files tries to change what is in them.

use std::fs;
use std::path::Path;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::log::{Entry, Fault, LogFailure, LogKeys, Wanted, prove, read_entries, verify};
use gauze_wire::log::NoteKey;
use gauze_wire::{Digest, Jws, SoftwareKey};

use crate::fixture::{check, first_file, keys, of, open, public};

fn edit(root: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let path = first_file(root);
    let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    put(&path, text.as_bytes());
}

#[expect(clippy::disallowed_methods, reason = "a forger syncs nothing")]
fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

/// The same line about something else, its leaf made anew: only the signed tree tells.
fn forged(line: &str, salt: [u8; 32]) -> String {
    let jws = line.split(' ').nth(2).unwrap();
    let leaf = Digest::of(&[b"gauze-access-leaf/v1\0".as_slice(), &salt, jws.as_bytes()].concat());
    format!(".{} {} {jws}", BASE64_URL_SAFE_NO_PAD.encode(leaf.0), BASE64_URL_SAFE_NO_PAD.encode(salt))
}

fn refused(root: &Path, what: &str) {
    match open(root) {
        Err(failure @ (LogFailure::Damaged(_) | LogFailure::RolledBack { .. })) => {
            assert!(failure.next_step().contains("information governance"));
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn an_edited_entry_is_named() {
    let (_dir, root) = of(20);
    edit(&root, |lines| {
        let from = lines[7].len() - 20;
        let other = if lines[7].as_bytes()[from] == b'A' { "B" } else { "A" };
        lines[7].replace_range(from..=from, other);
    });
    assert_eq!(check(&root).faults, [Fault::Edited { entry: 7 }]);
    refused(&root, "edited");
}

#[test]
fn a_replaced_entry_with_a_leaf_of_its_own_makes_another_tree() {
    let (_dir, root) = of(20);
    edit(&root, |lines| lines[7] = forged(&lines[3], [1; 32]));
    assert_eq!(
        check(&root).faults,
        [Fault::Copy { entry: 7 }, Fault::OtherTree { whose: "own", within: 20 }]
    );
    refused(&root, "replaced");
}

#[test]
fn entries_in_another_order_make_another_tree() {
    let (_dir, root) = of(20);
    edit(&root, |lines| lines.swap(4, 5));
    assert_eq!(check(&root).faults, [Fault::OtherTree { whose: "own", within: 20 }]);
    refused(&root, "reordered");
}

#[test]
fn entries_cut_from_the_middle_or_the_end_are_missed() {
    for range in [5..6, 19..20, 0..1, 10..20] {
        let (_dir, root) = of(20);
        let gone = range.len() as u64;
        edit(&root, |lines| drop(lines.drain(range)));
        let expected = Fault::RolledBack { whose: "own", found: 20 - gone, signed: 20 };
        assert_eq!(check(&root).faults, [expected]);
        refused(&root, "cut");
    }
}

#[test]
fn a_whole_directory_that_was_rolled_back_is_found_by_a_checkpoint_that_somebody_else_kept() {
    let (_dir, root) = of(10);
    let backup = fs::read(first_file(&root)).unwrap();
    let checkpoint = fs::read(root.join("checkpoint")).unwrap();
    let log = open(&root).unwrap();
    log.append_blocking(crate::fixture::allowed(&gauze_people::Roles::shipped().unwrap(), "p")).unwrap();
    let held = log.checkpoint_blocking().unwrap();
    drop(log);
    put(&first_file(&root), &backup);
    put(&root.join("checkpoint"), &checkpoint);
    assert!(check(&root).holds(), "nobody can tell from the files alone");
    let wanted = Wanted { held: Some(&held), ..Wanted::default() };
    let found = verify(&root, &public(), wanted).unwrap();
    assert_eq!(found.faults, [Fault::RolledBack { whose: "held", found: 10, signed: 11 }]);
}

#[test]
fn a_checkpoint_that_is_missing_or_of_another_key_is_no_checkpoint() {
    let (_dir, root) = of(3);
    let path = root.join("checkpoint");
    let note = fs::read_to_string(&path).unwrap();
    put(&path, note.replacen("\n3\n", "\n2\n", 1).as_bytes());
    assert!(matches!(check(&root).faults[..], [Fault::Checkpoint { whose: "own", .. }]));
    refused(&root, "checkpoint");
    let stranger = NoteKey::from_bytes(&LogKeys::origin(&keys().tenant), &[9; 32]).unwrap();
    let signed = keys().note.log_key().verify(&note).unwrap();
    put(&path, stranger.sign(&signed).as_bytes());
    assert!(matches!(check(&root).faults[..], [Fault::Checkpoint { whose: "own", .. }]));
    refused(&root, "another key's checkpoint");
    fs::remove_file(&path).unwrap();
    assert!(matches!(check(&root).faults[..], [Fault::Checkpoint { whose: "own", .. }]));
}

#[test]
fn something_that_is_no_entry_in_the_middle_is_damage_and_not_a_torn_tail() {
    let (_dir, root) = of(20);
    edit(&root, |lines| lines[7] = "nothing".to_owned());
    let rest = Fault::RolledBack { whose: "own", found: 7, signed: 20 };
    assert_eq!(check(&root).faults, [Fault::Broken { entry: 7 }, rest]);
    refused(&root, "broken");
}

#[test]
fn an_entry_that_was_blanked_without_an_erasure_is_named() {
    let (_dir, root) = of(20);
    edit(&root, |lines| {
        let leaf = lines[7].split(' ').next().unwrap().to_owned();
        lines[7] = format!("{leaf} {} {}", "-".repeat(43), "-".repeat(lines[7].len() - 89));
    });
    assert_eq!(check(&root).faults, [Fault::ErasedUnsaid { entry: 7 }]);
    refused(&root, "blanked");
}

#[test]
fn a_line_that_nobody_signed_behind_the_checkpoint_is_not_opened() {
    let entry = {
        let (_dir, root) = of(1);
        let mut all = Vec::new();
        read_entries(&root, |kept| all.extend(kept.entry)).unwrap();
        all.remove(0)
    };
    // By a key of whoever may write the directory, whatever keys lie there; and cut off behind the checkpoint's last line, too.
    let jws = Jws::sign(&entry, &SoftwareKey::from_bytes(&[9; 32]).unwrap()).unwrap();
    let other = Jws::sign(&Entry { tenant: "ward-8".parse().unwrap(), ..entry }, &*keys().audit).unwrap();
    for (begins, jws) in [("+", &jws), (".", &jws), ("+", &other)] {
        let (_dir, root) = of(20);
        edit(&root, |lines| {
            let made = forged(&format!(". . {}", jws.as_str()), [1; 32]);
            lines.push(format!("{begins}{}", &made[1..]));
        });
        let text = fs::read(first_file(&root)).unwrap();
        refused(&root, "unsigned");
        assert_eq!(fs::read(first_file(&root)).unwrap(), text, "nothing of it is taken away");
        for signatures in [false, true] {
            let found = verify(&root, &public(), Wanted { signatures, ..Wanted::default() }).unwrap();
            assert_eq!(found.faults, [Fault::Signature { entry: 20 }]);
        }
    }
}

#[test]
fn a_file_that_is_missing_or_new_is_named() {
    let (_dir, root) = of(2);
    put(&root.join("entries/notes.txt"), b"x");
    let named = |fault: &Fault| matches!(fault, Fault::Files { what } if what.contains("notes.txt"));
    assert!(named(&check(&root).faults[0]), "{:?}", check(&root).faults);
    refused(&root, "another file");
    fs::remove_file(root.join("entries/notes.txt")).unwrap();
    fs::remove_file(first_file(&root)).unwrap();
    assert_eq!(check(&root).faults, [Fault::RolledBack { whose: "own", found: 0, signed: 2 }]);
    refused(&root, "missing file");
}

#[test]
fn whoever_reads_entries_is_told_of_a_bad_byte_and_gets_no_shorter_list() {
    let (_dir, root) = of(20);
    edit(&root, |lines| lines[7] = "nothing".to_owned());
    assert!(matches!(read_entries(&root, |_| {}), Err(LogFailure::Damaged(_))));
    assert!(matches!(prove(&root, &public(), 3), Err(LogFailure::Damaged(_))));
}

#[test]
fn what_is_being_written_at_the_end_is_no_damage_to_whoever_reads() {
    let (_dir, root) = of(20);
    let path = first_file(&root);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_within(..100);
    put(&path, &bytes);
    let mut seen = 0;
    read_entries(&root, |_| seen += 1).unwrap();
    assert_eq!(seen, 20);
    // What a checkpoint covers is not being written.
    bytes.truncate(bytes.len() - 150);
    put(&path, &bytes);
    assert!(matches!(read_entries(&root, |_| {}), Err(LogFailure::Damaged(_))));
}
