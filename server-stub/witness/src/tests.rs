use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use gauze_wire::Digest;
use gauze_wire::log::{
    Checkpoint, NoteKey, Submission, Tree, WitnessKey, consistency_spans, leaf_hash, node_hash,
};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use tower::ServiceExt as _;

use super::*;

const ORIGIN: &str = "ward-9/access";
const NAME: &str = "witness.example/audit";

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn log() -> NoteKey {
    NoteKey::from_bytes(ORIGIN, &[3; 32]).unwrap()
}

fn leaf(history: u64, index: u64) -> Digest {
    Digest::of(format!("{history} {index}").as_bytes())
}

fn node(history: u64, level: u32, index: u64) -> Digest {
    if level == 0 {
        return leaf_hash(&leaf(history, index));
    }
    node_hash(&node(history, level - 1, 2 * index), &node(history, level - 1, 2 * index + 1))
}

/// What the log of one history sends.
fn asked(history: u64, old: u64, size: u64) -> Submission {
    let mut tree = Tree::default();
    (0..size).for_each(|index| tree.append(&leaf(history, index)));
    let spans = consistency_spans(old, size).unwrap_or_default();
    let proof =
        spans.iter().map(|span| span.hash(|at| Ok::<_, ()>(node(history, at.level, at.index))).unwrap());
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: tree.root() };
    Submission { old, proof: proof.collect(), checkpoint: log().sign(&checkpoint) }
}

/// A witness of that log, and its verifier key.
fn home(per_minute: u32) -> (tempfile::TempDir, Home, WitnessKey) {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::new(&dir.path().join("witness"));
    let key = keygen(&home, NAME).unwrap();
    let config = Config { name: NAME.to_owned(), logs: vec![log().log_key()], per_minute };
    put(&home.config_file(), &serde_json::to_vec(&config).unwrap());
    (dir, home, key)
}

fn put(path: &std::path::Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), bytes).unwrap();
}

fn served(home: &Home) -> Router {
    router(Witness::open(home).unwrap(), now)
}

async fn post(router: &Router, body: impl Into<Body>) -> (StatusCode, String, String) {
    let request = Request::post("/add-checkpoint").body(body.into()).unwrap();
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let kind = head.headers["content-type"].to_str().unwrap().to_owned();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (head.status, kind, text)
}

async fn status(router: &Router, asked: &Submission) -> u16 {
    post(router, asked.text()).await.0.as_u16()
}

#[tokio::test]
async fn what_continues_is_cosigned_by_a_line_that_holds_on_the_checkpoint_that_was_sent() {
    let (_dir, home, key) = home(60);
    let router = served(&home);
    for (old, size) in [(0, 3), (3, 3), (3, 400), (400, 401)] {
        let asked = asked(1, old, size);
        let (status, _, line) = post(&router, asked.text()).await;
        assert_eq!(status, StatusCode::OK, "{line}");
        assert!(
            line.starts_with(&format!("\u{2014} {NAME} "))
                && line.ends_with('\n')
                && line.lines().count() == 1
        );
        let (checkpoint, time) = key.cosigned(&format!("{}{line}", asked.checkpoint)).unwrap();
        assert_eq!((checkpoint.size, time), (size, 1_800_000_000));
    }
}

#[tokio::test]
async fn each_refusal_has_the_status_that_c2sp_gives_it() {
    let (_dir, home, _) = home(60);
    let router = served(&home);
    assert_eq!(status(&router, &asked(1, 0, 8)).await, 200);
    // It starts elsewhere: it is told from where.
    let (code, kind, body) = post(&router, asked(1, 0, 9).text()).await;
    assert_eq!((code.as_u16(), kind.as_str(), body.as_str()), (409, "text/x.tlog.size", "8\n"));
    // Another tree of the same size, and one that goes on from it; a proof of something else; a smaller one.
    assert_eq!(status(&router, &asked(2, 8, 8)).await, 409);
    assert_eq!(status(&router, &asked(2, 8, 12)).await, 422);
    assert_eq!(status(&router, &Submission { proof: vec![leaf(1, 1)], ..asked(1, 8, 12) }).await, 422);
    assert_eq!(status(&router, &Submission { old: 8, ..asked(1, 0, 5) }).await, 400);
    let stranger = NoteKey::from_bytes(ORIGIN, &[4; 32]).unwrap();
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 9, root: leaf(1, 1) };
    assert_eq!(
        status(&router, &Submission { checkpoint: stranger.sign(&checkpoint), ..asked(1, 8, 9) }).await,
        403
    );
    let other = NoteKey::from_bytes("ward-10/access", &[3; 32]).unwrap();
    let checkpoint = Checkpoint { origin: "ward-10/access".to_owned(), ..checkpoint };
    assert_eq!(
        status(&router, &Submission { checkpoint: other.sign(&checkpoint), ..asked(1, 0, 9) }).await,
        404
    );
    for body in [String::new(), "old 8\n\n".to_owned(), asked(1, 8, 9).text().replace("old 8", "old 08")] {
        assert_eq!(post(&router, body).await.0, StatusCode::BAD_REQUEST);
    }
    let long = format!("old 8\n\n{}", "x".repeat(64 << 10));
    assert_eq!(post(&router, long).await.0, StatusCode::BAD_REQUEST);
    // None of them moved it.
    assert_eq!(status(&router, &asked(1, 8, 12)).await, 200);
}

#[tokio::test]
async fn what_was_cosigned_is_remembered_after_a_restart() {
    let (_dir, home, _) = home(60);
    let router = served(&home);
    assert_eq!(status(&router, &asked(1, 0, 8)).await, 200);
    drop(router);
    let witness = Witness::open(&home).unwrap();
    let (origin, kept) = witness.kept().next().unwrap();
    assert_eq!((origin, kept.unwrap().checkpoint.size), (ORIGIN, 8));
    assert_eq!(Witness::open(&home).unwrap_err().code(), "locked");
    let router = super::router(witness, now);
    assert_eq!(status(&router, &asked(1, 0, 8)).await, 409);
    assert_eq!(status(&router, &asked(2, 8, 12)).await, 422);
    assert_eq!(status(&router, &asked(1, 8, 12)).await, 200);
}

#[tokio::test]
async fn a_note_that_somebody_padded_is_kept_without_that_and_read_again() {
    let (_dir, home, key) = home(60);
    let router = served(&home);
    // As many lines as a note may have, and as long a note as may be.
    let many = "\u{2014} x AAAAAAA=\n".repeat(15);
    let bare = asked(1, 0, 8);
    let room = (8 << 10) - bare.checkpoint.len() - "\u{2014} y \n".len();
    let long = format!("\u{2014} y {}\n", "A".repeat(room / 4 * 4));
    for (old, padding) in [(0, many), (8, long)] {
        let sent = Submission { old, ..bare.clone() };
        let sent = Submission { checkpoint: format!("{}{padding}", sent.checkpoint), ..sent };
        let (code, _, line) = post(&router, sent.text()).await;
        assert_eq!(code, StatusCode::OK, "{line}");
        assert!(line.lines().count() == 1 && key.cosigned(&format!("{}{line}", bare.checkpoint)).is_ok());
        let file = std::fs::read_dir(home.seen()).unwrap().next().unwrap().unwrap().path();
        let kept = std::fs::read_to_string(file).unwrap();
        assert!(kept.len() < 1024 && kept.ends_with(&line), "{kept}");
    }
    drop(router);
    assert_eq!(status(&served(&home), &asked(1, 8, 12)).await, 200);
}

#[tokio::test]
async fn a_witness_that_lost_what_it_cosigned_does_not_start_and_says_what_to_do() {
    let (_dir, home, _) = home(60);
    assert_eq!(status(&served(&home), &asked(1, 0, 8)).await, 200);
    let aside = home.seen().with_extension("aside");
    std::fs::rename(home.seen(), &aside).unwrap();
    let error = Witness::open(&home).unwrap_err();
    assert_eq!(error.code(), "lost");
    assert!(error.next_step().contains("newest copy") && error.next_step().contains("new key"));
    assert!(!home.seen().exists(), "nothing is begun in its place");
    std::fs::rename(aside, home.seen()).unwrap();
    assert_eq!(status(&served(&home), &asked(2, 8, 12)).await, 422);
}

#[tokio::test]
async fn a_witness_that_lost_or_shortened_one_file_alone_does_not_begin_that_log_anew() {
    let (_dir, home, _) = home(60);
    assert_eq!(status(&served(&home), &asked(1, 0, 8)).await, 200);
    let file = std::fs::read_dir(home.seen()).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&file).unwrap();
    let known = std::fs::read(home.known_file()).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        put(&file, &whole[..length]);
        assert_eq!(Witness::open(&home).unwrap_err().code(), "damaged", "{length}");
    }
    std::fs::remove_file(&file).unwrap();
    let error = Witness::open(&home).unwrap_err();
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    assert_eq!(error.code(), "lost");
    assert!(error.next_step().contains("newest copy") && error.next_step().contains("new key"));
    // Nor where the list of logs is lost, with or without the file.
    std::fs::remove_file(home.known_file()).unwrap();
    assert_eq!(Witness::open(&home).unwrap_err().code(), "lost");
    put(&file, &whole);
    assert_eq!(Witness::open(&home).unwrap_err().code(), "lost");
    // A power cut between the log's file and the list makes it no stranger.
    put(&home.known_file(), b"[]");
    assert_eq!(status(&served(&home), &asked(2, 8, 12)).await, 422);
    assert_eq!(std::fs::read(home.known_file()).unwrap(), known);
}

#[tokio::test]
async fn what_cannot_be_written_down_as_known_is_not_cosigned() {
    let (_dir, home, _) = home(60);
    let router = served(&home);
    let way = home.known_file().with_extension("new");
    std::fs::create_dir(&way).unwrap();
    assert_eq!(status(&router, &asked(1, 0, 8)).await, 500);
    std::fs::remove_dir(&way).unwrap();
    drop(router);
    assert_eq!(status(&served(&home), &asked(1, 8, 8)).await, 200);
}

#[test]
fn keygen_makes_all_of_it_or_nothing() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("witness");
    std::fs::create_dir(&dir).unwrap();
    let home = Home::new(&dir);
    let names = || {
        let mut names: Vec<_> =
            std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    put(&home.config_file(), b"{}");
    assert_eq!(keygen(&home, NAME).unwrap_err().code(), "made_already");
    assert_eq!(names(), ["witness.json"]);
    std::fs::remove_file(home.config_file()).unwrap();
    // A new key beside what another one cosigned would be no witness of it.
    std::fs::create_dir(home.seen()).unwrap();
    assert_eq!(keygen(&home, NAME).unwrap_err().code(), "made_already");
    assert_eq!(names(), ["seen"]);
    std::fs::remove_dir(home.seen()).unwrap();
    keygen(&home, NAME).unwrap();
    let beside = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().to_string_lossy().ends_with(".new")
    };
    assert!(!std::fs::read_dir(above.path()).unwrap().any(beside));
    assert_eq!(names(), ["known.json", "seen", "witness.json", "witness.key"]);
    assert!(Witness::open(&home).is_ok());
}

#[tokio::test]
async fn what_this_witness_did_not_sign_is_no_absent_file() {
    let (_dir, home, _) = home(60);
    assert_eq!(status(&served(&home), &asked(1, 0, 8)).await, 200);
    let file = std::fs::read_dir(home.seen()).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read_to_string(&file).unwrap();
    let own = asked(1, 0, 8).checkpoint;
    for bad in [String::new(), own.clone(), whole.replacen("\n8\n", "\n7\n", 1)] {
        put(&file, bad.as_bytes());
        assert_eq!(Witness::open(&home).unwrap_err().code(), "damaged");
    }
    put(&file, whole.as_bytes());
    assert!(Witness::open(&home).is_ok());
    assert_eq!(
        keygen(&home, NAME).unwrap_err().code(),
        "made_already",
        "another key would be another witness"
    );
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_cosigned() {
    let (_dir, home, _) = home(60);
    let router = served(&home);
    assert_eq!(status(&router, &asked(1, 0, 8)).await, 200);
    let (seen, aside) = (home.seen(), home.seen().with_extension("aside"));
    std::fs::rename(&seen, &aside).unwrap();
    let (code, _, body) = post(&router, asked(1, 8, 12).text()).await;
    assert_eq!(code, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!body.contains(NAME), "{body}");
    std::fs::rename(&aside, &seen).unwrap();
    // Nothing moved: another history from there is refused, and the true one goes on.
    assert_eq!(status(&router, &asked(2, 8, 12)).await, 422);
    assert_eq!(status(&router, &asked(1, 8, 12)).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_histories_that_are_sent_at_once_one_is_cosigned() {
    for _ in 0..20 {
        let (_dir, home, _) = home(60);
        let router = served(&home);
        assert_eq!(status(&router, &asked(1, 0, 1)).await, 200);
        let fork = |size| {
            let mut tree = Tree::default();
            (0..size).for_each(|index| tree.append(&if index == 0 { leaf(1, 0) } else { leaf(size, index) }));
            let hash = |index| leaf_hash(&if index == 0 { leaf(1, 0) } else { leaf(size, index) });
            let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: tree.root() };
            let proof = consistency_spans(1, size).unwrap();
            let node = |level: u32, index: u64| match level {
                0 => hash(index),
                _ => node_hash(&hash(2 * index), &hash(2 * index + 1)),
            };
            let proof =
                proof.iter().map(|span| span.hash(|at| Ok::<_, ()>(node(at.level, at.index))).unwrap());
            Submission { old: 1, proof: proof.collect(), checkpoint: log().sign(&checkpoint) }
        };
        let (two, three) = (fork(2), fork(3));
        let mut ended = [
            tokio::spawn({
                let router = router.clone();
                async move { status(&router, &two).await }
            }),
            tokio::spawn({
                let router = router.clone();
                async move { status(&router, &three).await }
            }),
        ];
        let mut codes = Vec::new();
        for one in &mut ended {
            codes.push(one.await.unwrap());
        }
        codes.sort_unstable();
        assert_eq!(codes, [200, 409]);
    }
}

#[tokio::test]
async fn a_log_that_asks_too_often_waits_for_the_next_minute_and_strangers_take_nothing_from_it() {
    let (_dir, home, _) = home(3);
    let router = served(&home);
    let stranger = NoteKey::from_bytes(ORIGIN, &[4; 32]).unwrap();
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 9, root: leaf(1, 1) };
    let forged = Submission { checkpoint: stranger.sign(&checkpoint), ..asked(1, 0, 9) };
    for _ in 0..5 {
        assert_eq!(status(&router, &forged).await, 403);
    }
    for size in 1..4 {
        assert_eq!(status(&router, &asked(1, size - 1, size)).await, 200);
    }
    assert_eq!(status(&router, &asked(1, 3, 4)).await, 429);
}
