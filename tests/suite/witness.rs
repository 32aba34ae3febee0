//! A witness of the access log at another department (C2SP tlog-witness): ours, and one that others wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use gauze_people::log::{AccessLog, Event, Fault, Happening, Outcome, Wanted, verify};
use gauze_records::Coded as _;
use gauze_records::access::{self, log_dir, public_keys};
use gauze_records::keys::{KeyDir, RecipientKind, make};
use gauze_records::outside::{OutsideError, OutsideWitness};
use gauze_signin::outward::{Outward, OutwardError, Soon};
use gauze_tests::hospital::{build, write};
use gauze_tests::identity::{PEOPLE, open_pages};
use gauze_tests::port::free_port;
use gauze_tests::programs::{Server, attempt, run};
use gauze_tests::walker::Walker;
use gauze_wire::log::WitnessKey;
use gauze_witness::{Config, Home, Witness, keygen, router};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tower::ServiceExt as _;

use crate::shared::tool;

const NAME: &str = "witness.example/audit";

fn now() -> Timestamp {
    "2026-11-29T09:00:00Z".parse().unwrap()
}

/// The way to a witness in this process; `lose` loses its answers.
struct Inside {
    router: axum::Router,
    lose: std::sync::atomic::AtomicBool,
}

impl Outward for Inside {
    fn send(&self, request: Request<Vec<u8>>) -> Soon<'_, Result<Response<Vec<u8>>, OutwardError>> {
        let answer = self.router.clone().oneshot(request.map(Body::from));
        Box::pin(async move {
            let (head, body) = answer.await.unwrap().into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
            if self.lose.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(OutwardError::TooSlow);
            }
            Ok(Response::from_parts(head, body))
        })
    }
}

/// A hospital's keys and data, and another department's witness.
struct Scene {
    dir: tempfile::TempDir,
    key: WitnessKey,
    way: Arc<Inside>,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        make(&dir.path().join("keys"), &"ward-9".parse().unwrap(), RecipientKind::Classical, now()).unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        let home = Home::new(&dir.path().join("witness"));
        let key = keygen(&home, NAME).unwrap();
        let scene = KeyDir::new(&dir.path().join("keys"));
        let log = scene.log_keys().unwrap().note.log_key();
        let config = Config { name: NAME.to_owned(), logs: vec![log], per_minute: 600 };
        write(&home.config_file(), &serde_json::to_string(&config).unwrap()).unwrap();
        let router = router(Witness::open(&home).unwrap(), now);
        Self { dir, key, way: Arc::new(Inside { router, lose: false.into() }) }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    async fn opens(&self) -> AccessLog {
        let (keys, data) = (KeyDir::new(&self.dir.path().join("keys")), self.data());
        let open = move || access::open_log(&keys, &data, now());
        tokio::task::spawn_blocking(open).await.unwrap().unwrap()
    }

    fn witness(&self) -> OutsideWitness {
        OutsideWitness::new(self.way.clone(), "https://witness.test", self.key.clone(), &self.data()).unwrap()
    }

    fn faults(&self) -> Vec<Fault> {
        let keys = public_keys(&self.data()).unwrap();
        let wanted = Wanted { outside: Some(&self.key), ..Wanted::default() };
        verify(&log_dir(&self.data()), &keys, wanted).unwrap().faults
    }

    /// Puts the whole directory back, or keeps a copy of it.
    fn copies(&self, from: &str, to: &str) {
        let (from, to) = (self.dir.path().join(from), self.dir.path().join(to));
        let _ = fs::remove_dir_all(&to);
        assert!(std::process::Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
    }
}

async fn happens(log: &AccessLog, times: u32) {
    for _ in 0..times {
        log.note(&Event::of(Happening::SignIn, Outcome::Refused, now())).await.unwrap();
    }
}

#[tokio::test]
async fn another_department_signs_for_each_new_line_and_the_audit_counts_it_or_misses_it() {
    let scene = Scene::new();
    let log = scene.opens().await;
    happens(&log, 3).await;
    log.checkpoint().await.unwrap();
    let none = Fault::Checkpoint { whose: "outside", cause: "there is none".to_owned() };
    assert_eq!(scene.faults(), [none]);
    let witness = scene.witness();
    for lines in [0, 300, 1] {
        happens(&log, lines).await;
        assert_eq!(witness.show(&log, &scene.data()).await.unwrap(), log.size());
    }
    happens(&log, 5).await;
    log.checkpoint().await.unwrap();
    let keys = public_keys(&scene.data()).unwrap();
    let wanted = Wanted { outside: Some(&scene.key), ..Wanted::default() };
    let found = verify(&log_dir(&scene.data()), &keys, wanted).unwrap();
    assert!(found.holds(), "{:?}", found.faults);
    let outside = found.outside.unwrap();
    assert_eq!((outside.witness.as_str(), outside.size, outside.behind), (NAME, log.size() - 5, 5));
    // Another witness's key: its cosignature is not there.
    let other = keygen(&Home::new(&scene.dir.path().join("other")), NAME).unwrap();
    let wanted = Wanted { outside: Some(&other), ..Wanted::default() };
    let found = verify(&log_dir(&scene.data()), &keys, wanted).unwrap();
    assert!(matches!(found.faults[..], [Fault::Checkpoint { whose: "outside", .. }]), "{:?}", found.faults);
    // After a restart it goes on from what it remembers.
    drop((log, witness));
    let (log, witness) = (scene.opens().await, scene.witness());
    assert_eq!(witness.standing().size, log.size() - 5);
    assert_eq!(witness.show(&log, &scene.data()).await.unwrap(), log.size());
}

#[tokio::test]
async fn an_answer_of_the_witness_that_was_lost_is_asked_for_again() {
    let scene = Scene::new();
    let (log, witness) = (scene.opens().await, scene.witness());
    happens(&log, 4).await;
    scene.way.lose.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(witness.show(&log, &scene.data()).await.unwrap_err().code(), "witness_unreachable");
    assert!(witness.standing().trouble.is_some_and(|error| !error.is_alarm()));
    scene.way.lose.store(false, std::sync::atomic::Ordering::Relaxed);
    happens(&log, 4).await;
    assert_eq!(witness.show(&log, &scene.data()).await.unwrap(), 8);
    assert!(witness.standing().trouble.is_none());
}

#[tokio::test]
async fn a_log_that_went_back_or_took_another_way_is_refused_by_the_witness_and_told_loudly() {
    let scene = Scene::new();
    let (log, witness) = (scene.opens().await, scene.witness());
    happens(&log, 5).await;
    witness.show(&log, &scene.data()).await.unwrap();
    drop(log);
    scene.copies("data", "backup");
    let log = scene.opens().await;
    happens(&log, 5).await;
    witness.show(&log, &scene.data()).await.unwrap();
    drop((log, witness));
    // The whole directory goes back, and its memory of the witness too: fewer lines than were cosigned.
    scene.copies("backup", "data");
    let (log, witness) = (scene.opens().await, scene.witness());
    happens(&log, 1).await;
    let error = witness.show(&log, &scene.data()).await.unwrap_err();
    assert!(matches!(error, OutsideError::RolledBack { cosigned: 10, found: 6 }), "{error}");
    assert!(error.is_alarm() && error.next_step().contains("information governance"));
    // As many, of another history; and more.
    happens(&log, 4).await;
    for _ in 0..2 {
        let error = witness.show(&log, &scene.data()).await.unwrap_err();
        assert!(matches!(error, OutsideError::Forked { cosigned: 10 }), "{error}");
        assert_eq!(error.code(), "access_log_forked");
        assert!(witness.standing().trouble.is_some_and(|error| error.is_alarm()));
        happens(&log, 3).await;
    }
    // The alarm stays for as long as it is so, though nothing is new.
    assert!(witness.show(&log, &scene.data()).await.is_err());
}

#[tokio::test]
async fn a_log_shorter_than_what_the_outside_witness_cosigned_is_found_out_and_not_opened() {
    let scene = Scene::new();
    let (log, witness) = (scene.opens().await, scene.witness());
    happens(&log, 2).await;
    let early = log.checkpoint().await.unwrap();
    let entries = log_dir(&scene.data()).join("entries/000000000000.log");
    let two = fs::read_to_string(&entries).unwrap();
    happens(&log, 3).await;
    witness.show(&log, &scene.data()).await.unwrap();
    drop(log);
    write(&entries, &two).unwrap();
    write(&log_dir(&scene.data()).join("checkpoint"), &early).unwrap();
    assert_eq!(scene.faults(), [Fault::RolledBack { whose: "outside", found: 2, signed: 5 }]);
    let keys = KeyDir::new(&scene.dir.path().join("keys"));
    let data = scene.data();
    let opened = tokio::task::spawn_blocking(move || access::open_log(&keys, &data, now()).map(drop));
    assert_eq!(opened.await.unwrap().unwrap_err().code(), "log_rolled_back");
}

/// What docs/access-log.md says, word for word but for addresses.
#[tokio::test(flavor = "multi_thread")]
async fn the_programs_do_what_the_page_for_another_department_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut hospital = build(dir.path(), "classical").await.unwrap();
    let gateway = hospital.start_gateway().await.unwrap();
    let pages = open_pages(&mut hospital).unwrap();
    let made =
        run("gauze-witness", &["keygen", "--data", "witness", "--name", NAME], dir.path()).await.unwrap();
    let witness_key = made.trim().to_owned();
    // The log's key is made with the log, when the pages first start.
    let records = hospital.start_records().await.unwrap();
    let keys = log_dir(&hospital.records_dir()).join("keys.json");
    let log = until(|| {
        fs::read_to_string(&keys).ok().and_then(|text| {
            let keys: serde_json::Value = serde_json::from_str(&text).ok()?;
            Some(keys["log"].as_str()?.to_owned())
        })
    })
    .await;
    records.stop().await;
    let config = serde_json::json!({ "name": NAME, "logs": [log], "per_minute": 60 });
    write(&dir.path().join("witness/witness.json"), &config.to_string()).unwrap();
    let address = format!("127.0.0.1:{}", free_port().unwrap());
    let serve = [
        "serve",
        "--data",
        "witness",
        "--listen",
        &address,
        "--tls-cert",
        "tls/server.pem",
        "--tls-key",
        "tls/server.key",
    ];
    let serve = serve.map(str::to_owned).to_vec();
    let witness = Server::start("gauze-witness", serve, dir.path().to_owned()).await.unwrap();
    let mut arguments = hospital.records_arguments();
    let url = format!("https://{address}");
    arguments.extend(
        ["--witness", &url, "--witness-key", &witness_key, "--witness-ca", "tls/ca.pem"].map(str::to_owned),
    );
    let records = Server::start("gauze-records", arguments, dir.path().to_owned()).await.unwrap();
    let outside = log_dir(&hospital.records_dir()).join("outside");
    // A line: there is something to sign for.
    let mut ann = Walker::new(&hospital, &pages).unwrap();
    for _ in 0..600 {
        if outside.is_file() {
            break;
        }
        // The pages come after the first word, and the second sign-in finds them.
        let _ = ann.signs_in(&PEOPLE[0]).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(
        outside.is_file(),
        "{}",
        fs::read_to_string(dir.path().join("gauze-records.log")).unwrap_or_default()
    );
    let verify = ["log", "verify", "--data", "records", "--witness-key", &witness_key];
    let told = run("gauze-records", &verify, dir.path()).await.unwrap();
    assert!(told.contains(&format!("{NAME} cosigned")), "{told}");
    records.stop().await;
    witness.stop().await;
    gateway.stop().await;
    let listed = run("gauze-witness", &["list", "--data", "witness"], dir.path()).await.unwrap();
    assert!(listed.contains("/access") && !listed.contains("nothing yet"), "{listed}");
    fs::remove_file(&outside).unwrap();
    let missing = attempt("gauze-records", &verify, dir.path()).await.unwrap();
    assert_eq!(missing.code, Some(1), "{}", missing.stdout);
    assert!(missing.stdout.contains("there is none"), "{}", missing.stdout);
}

async fn until<T>(mut there: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = there() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it does not come about");
}

// ---- A witness that others wrote: filippo.io/torchwood's litewitness, over plain HTTP.

/// The way to one that speaks plain HTTP alone.
struct Plain(String);

/// One request, and the whole answer.
async fn posted(host: &str, path: &str, body: &[u8]) -> std::io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(host).await?;
    let length = body.len();
    let head = format!("POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Ok((head.split(' ').nth(1).unwrap().parse().unwrap(), body.as_bytes().to_vec()))
}

impl Outward for Plain {
    fn send(&self, request: Request<Vec<u8>>) -> Soon<'_, Result<Response<Vec<u8>>, OutwardError>> {
        Box::pin(async move {
            let sent = posted(&self.0, request.uri().path(), request.body()).await;
            let (status, body) = sent.map_err(|error| OutwardError::Unreachable(error.to_string()))?;
            Ok(Response::builder().status(status).body(body).unwrap())
        })
    }
}

/// A running litewitness that takes one log; its processes end with it.
struct Litewitness {
    address: String,
    key: WitnessKey,
    _running: [tokio::process::Child; 2],
}

/// Starts it; nothing where a program is missing.
async fn litewitness(dir: &Path, log: &str) -> Option<Litewitness> {
    let (witness, agent) = (tool("litewitness", "bin/litewitness")?, tool("ssh-agent", "")?);
    let (add, keygen) = (tool("ssh-add", "")?, tool("ssh-keygen", "")?);
    let (socket, key) = (dir.join("agent.sock"), dir.join("ssh"));
    let mut agent = Command::new(agent);
    let agent =
        agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    until(|| socket.exists().then_some(())).await;
    let made =
        Command::new(&keygen).args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status().await.unwrap();
    let added = Command::new(add).arg("-q").arg(&key).env("SSH_AUTH_SOCK", &socket).status().await.unwrap();
    assert!(made.success() && added.success());
    let print = Command::new(keygen).args(["-l", "-f"]).arg(&key).output().await.unwrap();
    let print = String::from_utf8(print.stdout).unwrap().split(' ').nth(1).unwrap().to_owned();
    let (database, log_file) = (dir.join("lite.db"), dir.join("lite.log"));
    let address = format!("127.0.0.1:{}", free_port().unwrap());
    let told = fs::File::create(&log_file).unwrap();
    let mut command = Command::new(witness);
    command.args(["-name", NAME, "-listen", &address, "-key", &print]).arg("-db").arg(&database);
    let running = command.arg("-ssh-agent").arg(socket).stderr(told).kill_on_drop(true).spawn().unwrap();
    let vkey = until(|| {
        let told = fs::read_to_string(&log_file).ok()?;
        told.contains("listening").then_some(())?;
        Some(told.split_once("vkey=")?.1.split_whitespace().next()?.trim_matches('"').to_owned())
    });
    let key = vkey.await.parse().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let origin = log.split('+').next().unwrap();
    // The root of an empty tree.
    let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    sqlx::query("INSERT INTO log VALUES (?, 0, ?)").bind(origin).bind(empty).execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO key VALUES (?, ?)").bind(origin).bind(log).execute(&pool).await.unwrap();
    pool.close().await;
    Some(Litewitness { address, key, _running: [agent, running] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_others_wrote_cosigns_this_log_and_refuses_its_forks() {
    let scene = Scene::new();
    let log = scene.opens().await;
    let Some(other) = litewitness(scene.dir.path(), &log.public_keys().log.to_string()).await else { return };
    let way = Arc::new(Plain(other.address.clone()));
    let witness = || {
        OutsideWitness::new(way.clone(), "https://witness.test", other.key.clone(), &scene.data()).unwrap()
    };
    let asked = witness();
    for lines in [3, 300, 1] {
        happens(&log, lines).await;
        assert_eq!(asked.show(&log, &scene.data()).await.unwrap(), log.size());
    }
    let keys = public_keys(&scene.data()).unwrap();
    let wanted = Wanted { outside: Some(&other.key), ..Wanted::default() };
    assert!(verify(&log_dir(&scene.data()), &keys, wanted).unwrap().holds());
    drop(log);
    scene.copies("data", "backup");
    let log = scene.opens().await;
    happens(&log, 5).await;
    asked.show(&log, &scene.data()).await.unwrap();
    drop(log);
    scene.copies("backup", "data");
    let (log, asked) = (scene.opens().await, witness());
    happens(&log, 1).await;
    assert!(matches!(asked.show(&log, &scene.data()).await, Err(OutsideError::RolledBack { .. })));
    happens(&log, 4).await;
    assert!(matches!(asked.show(&log, &scene.data()).await, Err(OutsideError::Forked { .. })));
    happens(&log, 1).await;
    assert!(matches!(asked.show(&log, &scene.data()).await, Err(OutsideError::Forked { .. })));
}
