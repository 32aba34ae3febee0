use std::fs;

use gauze_people::context::ReasonCode;
use gauze_people::log::{Happening, LogFailure, LogKeys, What, read_entries, want_erased};
use gauze_wire::SoftwareKey;

use crate::fixture::{check, first_file, keys, now, of, open};

#[test]
fn an_erased_entry_is_gone_and_the_tree_still_proves_that_it_was_there() {
    let (_dir, root) = of(10);
    let before = check(&root);
    let log = open(&root).unwrap();
    let line = log.erase_blocking(4, ReasonCode::Legal, now()).unwrap();
    assert_eq!(line.index, 10);
    drop(log);
    let after = check(&root);
    assert!(after.holds(), "{:?}", after.faults);
    assert_eq!((before.entries, after.entries, after.erased), (10, 11, 1));
    let mut seen = Vec::new();
    read_entries(&root, |kept| seen.push(kept)).unwrap();
    assert!(seen[4].entry.is_none());
    let said = seen[10].entry.clone().unwrap();
    assert_eq!(said.what, What::Happening(Happening::EntryErased));
    assert_eq!((said.note.unwrap().as_str(), said.reason.unwrap().code), ("4", ReasonCode::Legal));
    let text = fs::read_to_string(first_file(&root)).unwrap();
    assert!(text.lines().nth(4).unwrap()[45..].chars().all(|c| c == '-' || c == ' '));
    // It goes on, and an erasure itself stays.
    let log = open(&root).unwrap();
    assert!(matches!(log.erase_blocking(10, ReasonCode::Legal, now()), Err(LogFailure::Stays(10))));
    assert!(matches!(log.erase_blocking(99, ReasonCode::Legal, now()), Err(LogFailure::NoEntry(99))));
}

#[test]
fn an_erasure_that_was_cut_off_is_finished_at_the_next_start() {
    let (_dir, root) = of(10);
    let whole = fs::read_to_string(first_file(&root)).unwrap();
    let log = open(&root).unwrap();
    log.erase_blocking(4, ReasonCode::Legal, now()).unwrap();
    drop(log);
    let erased = fs::read_to_string(first_file(&root)).unwrap();
    let (old, new) = (whole.lines().nth(4).unwrap(), erased.lines().nth(4).unwrap());
    // Said and not begun; half overwritten; overwritten and the marker still there.
    for cut in [0, old.len() / 2, old.len()] {
        let half = format!("{}{}", &new[..cut], &old[cut..]);
        let text = erased.replace(new, &half);
        #[expect(clippy::disallowed_methods, reason = "a power cut syncs nothing")]
        fs::write(first_file(&root), text).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a power cut syncs nothing")]
        fs::write(root.join("erasing"), "4").unwrap();
        drop(open(&root).unwrap());
        let found = check(&root);
        assert!(found.holds(), "{cut}: {:?}", found.faults);
        assert_eq!(found.erased, 1);
        assert_eq!(fs::read_to_string(first_file(&root)).unwrap(), erased, "{cut}");
        assert!(!root.join("erasing").exists());
    }
}

#[test]
fn an_erasure_that_is_asked_for_while_the_log_is_written_is_done_by_its_writer_and_by_nobody_without_the_key()
{
    let (_dir, root) = of(10);
    let log = open(&root).unwrap();
    want_erased(&root, &keys(), 4, ReasonCode::Legal, now()).unwrap();
    let none = want_erased(&root, &keys(), 99, ReasonCode::Legal, now());
    assert!(matches!(none, Err(LogFailure::NoEntry(99))), "it is looked up first: {none:?}");
    let other = LogKeys { audit: std::sync::Arc::new(SoftwareKey::from_bytes(&[9; 32]).unwrap()), ..keys() };
    want_erased(&root, &other, 5, ReasonCode::Legal, now()).unwrap();
    let done = log.erase_wanted(now()).unwrap();
    assert!(matches!(&done[..], [(4, Ok(line))] if line.index == 10), "{done:?}");
    let again = want_erased(&root, &keys(), 4, ReasonCode::Legal, now());
    assert!(matches!(again, Err(LogFailure::Erased(4))), "{again:?}");
    // Each is asked for once, and what nobody signed is left where it lies.
    assert!(log.erase_wanted(now()).unwrap().is_empty());
    drop(log);
    let found = check(&root);
    assert!(found.holds() && (found.entries, found.erased) == (11, 1), "{:?}", found.faults);
    let mut gone = Vec::new();
    read_entries(&root, |kept| gone.extend(kept.entry.is_none().then_some(kept.index))).unwrap();
    assert_eq!(gone, [4]);
    assert!(root.join("erase-5.wanted").is_file());
}

#[expect(clippy::disallowed_methods, reason = "whoever may write the directory syncs nothing")]
fn put(path: &std::path::Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_keeps_no_erasure_from_being_done() {
    let (_dir, root) = of(10);
    let log = open(&root).unwrap();
    want_erased(&root, &keys(), 4, ReasonCode::Legal, now()).unwrap();
    put(&root.join("erase-0.wanted"), b"\xff\xfe");
    fs::create_dir(root.join("erase-1.wanted")).unwrap();
    let done = log.erase_wanted(now()).unwrap();
    assert!(matches!(&done[..], [(4, Ok(_))]), "{done:?}");
}

#[test]
fn what_was_asked_for_before_a_restore_erases_no_other_line() {
    let (_dir, root) = of(10);
    want_erased(&root, &keys(), 4, ReasonCode::Legal, now()).unwrap();
    let kept = fs::read(root.join("erase-4.wanted")).unwrap();
    // Another log of the same keys: what a restore and a day's work make of it.
    let (_other, restored) = of(10);
    put(&restored.join("erase-4.wanted"), &kept);
    let log = open(&restored).unwrap();
    let done = log.erase_wanted(now()).unwrap();
    assert!(matches!(&done[..], [(4, Err(LogFailure::Other(4)))]), "{done:?}");
    assert_eq!((log.size(), restored.join("erase-4.wanted").exists()), (10, false));
    let mut whole = 0;
    read_entries(&restored, |kept| whole += u64::from(kept.entry.is_some())).unwrap();
    assert_eq!(whole, 10);
}
