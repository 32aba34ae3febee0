//! The writer is killed at any moment, and the power goes.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use gauze_people::Roles;
use gauze_people::log::{Happening, What, read_entries};

use crate::fixture::{allowed, check, first_file, of, open};

const CHILD: &str = "GAUZE_TEST_LOG_OF_CHILD";

/// Not a test of its own: what the next one kills. Eight threads write and say what was answered for.
#[test]
fn child() {
    let Some(root) = std::env::var_os(CHILD) else { return };
    let log = Arc::new(open(Path::new(&root)).unwrap());
    let roles = Arc::new(Roles::shipped().unwrap());
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (log, roles) = (Arc::clone(&log), Arc::clone(&roles));
            std::thread::spawn(move || {
                for n in 0.. {
                    let logged = log.append_blocking(allowed(&roles, &n.to_string())).unwrap();
                    let line = logged.line();
                    writeln!(std::io::stdout().lock(), "\nSAID {} {}", line.index, line.id.as_str()).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Starts the child, lets it be answered `answers` times, kills it; returns what it was told.
fn killed(root: &Path, answers: usize) -> Vec<(u64, String)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(CHILD, root)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    // What was printed before the kill and not read yet counts too: all until the end.
    for line in lines {
        let line = line.unwrap_or_default();
        let mut words = line.split(' ');
        if let (Some("SAID"), Some(index), Some(id)) = (words.next(), words.next(), words.next()) {
            said.push((index.parse().unwrap(), id.to_owned()));
        }
        if said.len() == answers {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(said.len() >= answers, "{said:?}");
    said
}

#[test]
fn a_killed_writer_loses_nothing_that_was_answered_for() {
    let (_dir, root) = of(0);
    let mut told = Vec::new();
    for answers in [1, 5, 40, 200, 333] {
        told.extend(killed(&root, answers));
        let mut written = Vec::new();
        drop(open(&root).unwrap());
        read_entries(&root, |kept| written.push(kept.entry.unwrap().id)).unwrap();
        for (index, id) in &told {
            assert_eq!(written[usize::try_from(*index).unwrap()].as_str(), id, "entry {index}");
        }
        let found = check(&root);
        assert!(found.holds(), "{:?}", found.faults);
    }
}

#[test]
fn bytes_that_a_power_cut_tore_are_set_aside_and_the_log_says_so() {
    let (_dir, root) = of(5);
    let path = first_file(&root);
    let whole = fs::read(&path).unwrap();
    let (_other, more) = of(6);
    let next = fs::read_to_string(first_file(&more)).unwrap().lines().last().unwrap().to_owned();
    let rest = next.replacen('+', ".", 1);
    // The beginning of a line; zeros, as some file systems leave; half a line and the beginning of the next; a first
    // half that never came and a second one that did; a first line that came, a second that did not, and a third.
    let torn = [
        next[..50].to_owned(),
        "\0".repeat(4096),
        format!("{}\n\0\0", &next[..next.len() - 9]),
        format!("{}\n{rest}\n", "\0".repeat(next.len())),
        format!("{}\n{rest}\n", &next[..next.len() - 9]),
    ];
    for (round, tail) in torn.iter().enumerate() {
        let before = check(&root).entries;
        let mut file = fs::File::options().append(true).open(&path).unwrap();
        file.write_all(tail.as_bytes()).unwrap();
        let log = open(&root).unwrap();
        assert_eq!(log.size(), before + 1, "round {round}");
        drop(log);
        let mut last = None;
        read_entries(&root, |kept| last = kept.entry).unwrap();
        assert_eq!(last.unwrap().what, What::Happening(Happening::TornTail));
        assert_eq!(fs::read(root.join(format!("torn-{before}"))).unwrap(), tail.as_bytes());
        assert!(check(&root).holds());
        assert!(fs::read(&path).unwrap().starts_with(&whole));
    }
}

#[test]
fn a_power_cut_anywhere_in_a_write_leaves_what_was_answered_for() {
    let (_dir, root) = of(3);
    let whole = fs::read(first_file(&root)).unwrap();
    let second = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(1).unwrap().0 + 1;
    // Around where LEAF, SALT, the text and the line end, each byte; in between, each thirteenth.
    let borders = [second, second + 44, second + 88, whole.len()];
    let near = |cut: &usize| borders.iter().any(|border| border.abs_diff(*cut) < 3);
    for cut in (second..whole.len()).filter(|cut| near(cut) || cut % 13 == 0) {
        let (_dir, root) = of(0);
        fs::File::create(first_file(&root)).unwrap().write_all(&whole[..cut]).unwrap();
        let log = open(&root).unwrap();
        let torn = u64::from(cut > second);
        assert_eq!(log.size(), 2 + torn, "cut at {cut}");
        drop(log);
        let after = fs::read(first_file(&root)).unwrap();
        assert_eq!(after[..second], whole[..second], "cut at {cut}");
        assert!(check(&root).holds());
    }
}

/// As `gauze-records serve` opens it, after a power cut.
#[tokio::test]
async fn a_torn_log_is_opened_by_a_service_too() {
    let (_dir, root) = tokio::task::spawn_blocking(|| of(10)).await.unwrap();
    let mut file = fs::File::options().append(true).open(first_file(&root)).unwrap();
    file.write_all(b"+torn").unwrap();
    drop(file);
    let log = open(&root).unwrap();
    assert_eq!(log.size(), 11);
    drop(log);
    let mut last = None;
    read_entries(&root, |kept| last = kept.entry).unwrap();
    assert_eq!(last.unwrap().what, What::Happening(Happening::TornTail));
}
