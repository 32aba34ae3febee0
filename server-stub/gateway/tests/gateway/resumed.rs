//! Uploads that an operating system resumes by itself, as iOS 17, 18.0, 18.1 and 26 speak of them: bytes over real TLS, and nothing
//! in a request but what the system knows without the app.

use gauze_wire::CaptureState;
use gauze_wire::resume::Interop;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use crate::fixture::{BASE, Gateway, Hospital, Phone, Shot};
use crate::listening::{Listener, Tls, options, until_closed, with_a_ticket};

const HTTP1: &[&[u8]] = &[b"http/1.1"];
const HTTP2: &[&[u8]] = &[b"h2"];
const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];
const NONE: &[&[u8]] = &[];

/// What a client offers, whether it greases, and what is spoken then.
type Case = (&'static [&'static [u8]], bool, Option<&'static [u8]>);

/// What the system adds to a request by itself.
fn system(version: Interop, complete: bool) -> String {
    let (name, said) = match version {
        Interop::V3 => ("Upload-Incomplete", !complete),
        _ => ("Upload-Complete", complete),
    };
    format!("Upload-Draft-Interop-Version: {}\r\n{name}: ?{}\r\n", version.number(), u8::from(said))
}

fn head(method: &str, path: &str, length: usize, more: &str) -> String {
    let length = if method == "HEAD" { String::new() } else { format!("Content-Length: {length}\r\n") };
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{length}{more}\r\n")
}

fn patch(version: Interop, path: &str, offset: usize, length: usize) -> String {
    let kind = if version >= Interop::V6 { "Content-Type: application/partial-upload\r\n" } else { "" };
    let fields = format!("{kind}Upload-Offset: {offset}\r\n{}", system(version, true));
    head("PATCH", path, length, &fields)
}

/// One message of the server: its status, its fields in small letters, its body.
struct Message {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Message {
    fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Reads the next one, which answers a `HEAD` where that is said.
    async fn next(stream: &mut (impl AsyncRead + Unpin), of_head: bool) -> Self {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
        let head: String = head
            .lines()
            .map(|line| match line.split_once(": ") {
                Some((name, value)) => format!("{}: {value}\n", name.to_lowercase()),
                None => format!("{line}\n"),
            })
            .collect();
        let mut message = Self { status, head, body: Vec::new() };
        let length = message.field("content-length").map_or(0, |length| length.parse().unwrap());
        if !of_head {
            message.body = vec![0; length];
            stream.read_exact(&mut message.body).await.unwrap();
        }
        message
    }

    fn receipt(&self) -> CaptureState {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn say(tls: &mut Tls, head: &str, body: &[u8]) {
    tls.write_all(head.as_bytes()).await.unwrap();
    tls.write_all(body).await.unwrap();
    tls.flush().await.unwrap();
}

/// The whole way of one photo: the system waits for 104 before it sends a byte, is cut in the middle, and another connection
/// asks and goes on. Nobody signs anything and no app runs.
async fn resumes(listener: &Listener, version: Interop, ticket: &str, shot: &Shot) -> Message {
    let size = shot.sealed.len();
    let mut tls = listener.connect_with(3, HTTP1, true).await.unwrap();
    say(&mut tls, &head("PUT", ticket, size, &system(version, true)), b"").await;
    let interim = Message::next(&mut tls, false).await;
    assert_eq!(interim.status, 104, "{version:?}");
    let number = version.number().to_string();
    assert_eq!(interim.field("upload-draft-interop-version"), Some(&*number));
    let location = interim.field("location").unwrap().strip_prefix(BASE).unwrap().to_owned();
    let limit = (version >= Interop::V6).then(|| format!("max-size={size}"));
    assert_eq!(interim.field("upload-limit"), limit.as_deref());
    say(&mut tls, "", &shot.sealed[..100_000]).await;
    tls.shutdown().await.unwrap();
    until_closed(&mut tls).await;

    let mut tls = listener.connect_with(4, HTTP1, true).await.unwrap();
    let asks = format!("Upload-Draft-Interop-Version: {number}\r\n");
    say(&mut tls, &head("HEAD", &location, 0, &asks), b"").await;
    let stands = Message::next(&mut tls, true).await;
    assert_eq!((stands.status, stands.field("upload-offset")), (204, Some("100000")), "{version:?}");
    assert_eq!(stands.field("upload-draft-interop-version"), Some(&*number));
    let complete = ("upload-complete", "upload-incomplete");
    let said = (stands.field(complete.0), stands.field(complete.1));
    assert_eq!(said, if version == Interop::V3 { (None, Some("?1")) } else { (Some("?0"), None) });

    // One that is mistaken about the place is told, and loses nothing.
    let mut other = listener.connect_with(4, HTTP1, true).await.unwrap();
    say(&mut other, &patch(version, &location, 7, size - 7), b"").await;
    let mistaken = Message::next(&mut other, false).await;
    assert_eq!((mistaken.status, mistaken.field("upload-offset")), (409, Some("100000")));
    let problem: Value = serde_json::from_slice(&mistaken.body).unwrap();
    assert_eq!(problem["code"], "offset_conflict", "the app reads it as ever");
    if version >= Interop::V6 {
        let kind = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";
        assert_eq!(problem["type"], kind);
        assert_eq!((&problem["expected-offset"], &problem["provided-offset"]), (&100_000.into(), &7.into()));
    }

    let rest = &shot.sealed[100_000..];
    say(&mut tls, &patch(version, &location, 100_000, rest.len()), rest).await;
    let done = Message::next(&mut tls, false).await;
    assert_eq!(
        (done.status, done.field("upload-draft-interop-version")),
        (201, Some(&*number)),
        "{version:?}"
    );
    done
}

#[tokio::test]
async fn each_version_is_told_is_cut_and_goes_on_without_the_app_to_the_receipt() {
    for version in Interop::ALL {
        let (gateway, shot, ticket) = with_a_ticket().await;
        let listener = Listener::start(options(&gateway)).await;
        let done = resumes(&listener, version, &ticket, &shot).await;
        assert_eq!(done.receipt().capture_id, shot.id());
        assert_eq!(done.receipt(), gateway.put(&ticket, "").await.json(200));
    }
}

#[tokio::test]
async fn old_and_new_systems_and_one_that_knows_nothing_of_it_send_at_once() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    gateway.pass(gauze_gateway::Clock::now(&gauze_gateway::SystemClock).duration_since(gateway.now()));
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let mut photos = Vec::new();
    for _ in 0..9 {
        let shot = phone.shoot(300_000);
        let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
        photos.push((ticket, shot));
    }
    let listener = Listener::start(options(&gateway)).await;
    let versions = Interop::ALL.map(Some).into_iter().cycle().take(8).chain([None]);
    let sent = photos.iter().zip(versions).map(|((ticket, shot), version)| {
        let listener = &listener;
        async move {
            match version {
                Some(version) => resumes(listener, version, ticket, shot).await.receipt(),
                None => {
                    let mut tls = listener.connect_with(5, HTTP1, false).await.unwrap();
                    say(&mut tls, &head("PUT", ticket, shot.sealed.len(), ""), &shot.sealed).await;
                    Message::next(&mut tls, false).await.receipt()
                }
            }
        }
    });
    for (state, (_, shot)) in futures_util::future::join_all(sent).await.into_iter().zip(&photos) {
        assert_eq!(state.capture_id, shot.id());
    }
    assert_eq!(hospital.log(&gateway).await.entries.len(), 10);
}

#[tokio::test]
async fn whoever_does_not_ask_in_a_version_that_is_spoken_is_told_nothing_before_the_answer() {
    let six = "Upload-Draft-Interop-Version: 6\r\n";
    for fields in [
        "",
        six,
        "Upload-Complete: ?1\r\n",
        "Upload-Draft-Interop-Version: 4\r\nUpload-Complete: ?1\r\n",
        "Upload-Draft-Interop-Version: 9\r\nUpload-Complete: ?1\r\n",
        "Upload-Draft-Interop-Version: 3\r\nUpload-Complete: ?1\r\n",
    ] {
        let (gateway, shot, ticket) = with_a_ticket().await;
        let listener = Listener::start(options(&gateway)).await;
        let mut tls = listener.connect_with(3, HTTP1, true).await.unwrap();
        say(&mut tls, &head("PUT", &ticket, shot.sealed.len(), fields), &shot.sealed).await;
        let answer = Message::next(&mut tls, false).await;
        assert_eq!((answer.status, answer.receipt().capture_id), (201, shot.id()), "{fields}");
    }
    let (gateway, shot, ticket) = with_a_ticket().await;
    let listener = Listener::start(options(&gateway)).await;
    let asks = format!("{six}Upload-Complete: ?1\r\n");
    let mut tls = listener.connect_with(3, HTTP1, true).await.unwrap();
    let old = head("PUT", &ticket, shot.sealed.len(), &asks).replace("HTTP/1.1", "HTTP/1.0");
    say(&mut tls, &old, &shot.sealed).await;
    let all = String::from_utf8(until_closed(&mut tls).await).unwrap();
    assert!(all.starts_with("HTTP/1.0 201") && !all.contains("HTTP/1.1 104"), "{all}");
    // Nor is it told of a photo that is here, nor of an address that is unknown.
    for (path, status) in [(&*ticket, 200), ("/v1/transfers/unknown", 404)] {
        let mut tls = listener.connect_with(3, HTTP1, true).await.unwrap();
        say(&mut tls, &head("PUT", path, 0, &asks), b"").await;
        assert_eq!(Message::next(&mut tls, false).await.status, status);
    }
}

#[tokio::test]
async fn over_http2_a_request_that_asks_is_answered_as_ever() {
    let (gateway, shot, ticket) = with_a_ticket().await;
    let listener = Listener::start(options(&gateway)).await;
    let tls = listener.client(BOTH, false);
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build().unwrap();
    let url = format!("https://localhost:{}{ticket}", listener.at.address.port());
    let request = client.put(url).header("upload-draft-interop-version", "6").header("upload-complete", "?1");
    let answer = request.body(shot.sealed.clone()).send().await.unwrap();
    assert_eq!((answer.version(), answer.status().as_u16()), (reqwest::Version::HTTP_2, 201));
    assert_eq!(answer.headers()["upload-draft-interop-version"], "6");
}

#[tokio::test]
async fn answers_to_requests_that_come_at_once_stand_whole_and_in_order_around_the_interim_one() {
    let (gateway, shot, ticket) = with_a_ticket().await;
    let listener = Listener::start(options(&gateway)).await;
    let mut tls = listener.connect_with(3, HTTP1, true).await.unwrap();
    let asks = system(Interop::V8, true);
    let put = head("PUT", &ticket, shot.sealed.len(), &asks);
    let document = head("GET", "/openapi.json", 0, "");
    say(&mut tls, &[&*document, &*document, &*put].concat(), &shot.sealed).await;
    say(&mut tls, &document, b"").await;
    let mut statuses = Vec::new();
    let mut bodies = Vec::new();
    while statuses.len() < 4 {
        let message = Message::next(&mut tls, false).await;
        if message.status == 104 {
            assert_eq!(statuses, [200, 200], "right before the answer it belongs to");
            continue;
        }
        statuses.push(message.status);
        bodies.push(message.body);
    }
    assert_eq!(statuses, [200, 200, 201, 200]);
    assert!(bodies[0].len() > 1000 && bodies[0] == bodies[1] && bodies[1] == bodies[3]);
}

#[tokio::test]
async fn a_photo_that_begins_with_a_part_says_where_it_goes_on() {
    for version in Interop::ALL {
        let (gateway, shot, ticket) = with_a_ticket().await;
        let listener = Listener::start(options(&gateway)).await;
        let mut tls = listener.connect_with(3, HTTP1, true).await.unwrap();
        let fields = format!("Upload-Length: 300000\r\n{}", system(version, false));
        say(&mut tls, &head("PUT", &ticket, 1000, &fields), &shot.sealed[..1000]).await;
        let interim = Message::next(&mut tls, false).await;
        let begun = Message::next(&mut tls, false).await;
        assert_eq!((interim.status, begun.status), (104, 201));
        assert_eq!(begun.field("upload-offset"), Some("1000"));
        assert_eq!(begun.field("location"), interim.field("location"));
        let path = begun.field("location").unwrap().strip_prefix(BASE).unwrap();
        say(&mut tls, &patch(version, path, 1000, 299_000), &shot.sealed[1000..]).await;
        assert_eq!(Message::next(&mut tls, false).await.receipt().capture_id, shot.id());
        // Another length than the one that was signed is no photo of this address.
        let (gateway, _, ticket) = with_a_ticket().await;
        let listener = Listener::start(options(&gateway)).await;
        let mut tls = listener.connect_with(3, HTTP1, true).await.unwrap();
        let wrong = format!("Upload-Length: 299999\r\n{}", system(version, false));
        say(&mut tls, &head("PUT", &ticket, 1, &wrong), b"x").await;
        Message::next(&mut tls, false).await;
        assert_eq!(Message::next(&mut tls, false).await.status, 422);
    }
}

#[tokio::test]
async fn http1_is_spoken_with_a_client_that_greases_and_http2_with_every_other() {
    let gateway = Gateway::serving(&[&Hospital::ward()]).await;
    let listener = Listener::start(options(&gateway)).await;
    let cases: [Case; 5] = [
        (BOTH, true, Some(b"http/1.1")),
        (BOTH, false, Some(b"h2")),
        (HTTP2, true, Some(b"h2")),
        (HTTP1, false, Some(b"http/1.1")),
        (NONE, true, None),
    ];
    for (offered, greases, spoken) in cases {
        let tls = listener.connect_with(3, offered, greases).await.unwrap();
        assert_eq!(tls.get_ref().1.alpn_protocol(), spoken, "{offered:?} {greases}");
    }
}
