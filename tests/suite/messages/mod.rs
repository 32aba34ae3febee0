//! `docs/messages.md`: everything that the programs say to people, read out of the code itself, so that no code can be left out.
//!
//! `GAUZE_RECORD=1` writes the page; otherwise a page that is not what the code says fails.

mod arms;
mod found;
mod loose;
mod page;
mod read;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use gauze_attest::Fault;
use gauze_wire::{FilingRefusal, ProblemCode};
use read::Said;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn the_page_of_messages_is_what_the_code_says() {
    let (path, made) = (root().join("docs/messages.md"), page::page(&read::said(root())));
    if std::env::var_os("GAUZE_RECORD").is_some() {
        gauze_tests::hospital::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = made.lines().find(|line| !committed.contains(line));
    let gone = committed.lines().find(|line| !made.contains(line));
    assert!(
        committed == made,
        "docs/messages.md is stale: run this test with GAUZE_RECORD=1\nnew: {stale:?}\ngone: {gone:?}"
    );
}

/// A sentence in the place of a code is a constant that was taken for another of its name.
fn is_code(code: &str) -> bool {
    code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[test]
fn every_code_can_be_read() {
    let unread: Vec<String> = read::said(root())
        .iter()
        .flat_map(|said| said.rows.iter().map(move |row| (said, row)))
        .filter(|(_, row)| row.code == read::UNREAD || !is_code(&row.code))
        .map(|(said, row)| format!("{} {}: {}", said.file, said.kind, row.says))
        .collect();
    assert!(unread.is_empty(), "{}", unread.join("\n"));
}

/// Messages whose next step is in what is filled in: another message that has one, or words that the code chooses. The page
/// says so of them.
const FILLED_IN: &[(&str, &str, &str)] = &[
    ("core/src/client/configure.rs", "tls_setup", "Tls setup."),
    ("core/src/client/views.rs", "tls_setup", "Tls setup."),
    ("core/src/policy/managed/encoding.rs", "wrong_type", "Wrong type."),
    ("core/src/policy/managed/mod.rs", "configuration_invalid", "A setting is missing or wrong: …"),
    ("core/src/policy/managed/mod.rs", "gateway_invalid", "A setting is missing or wrong: …"),
    (
        "server-stub/gateway/src/admin/error.rs",
        "report_invalid",
        "A field of a report cannot be kept as it is: …",
    ),
    ("server-stub/gateway/src/admin/error.rs", "unreadable", "… cannot be read (…): …"),
    ("server-stub/gateway/src/app.rs", "database_failed", "The database does not open (…): …"),
    (
        "server-stub/gateway/src/app.rs",
        "schema_failed",
        "The database's schema cannot be brought up to date (…): …",
    ),
    ("server-stub/gateway/src/attest_cli.rs", "status_list_invalid", "The status list does not read: …"),
    ("server-stub/gateway/src/attest_cli.rs", "unreadable", "… cannot be read (…): …"),
    (
        "server-stub/gateway/src/check.rs",
        "",
        "Version …, which the hospital signed, does not hold (…), and is not in force: …",
    ),
    ("server-stub/gateway/src/console/mod.rs", "listen_failed", "Cannot listen on … (…): …"),
    ("server-stub/gateway/src/init.rs", "tls_invalid", "The certificate does not go with the key: …"),
    ("server-stub/gateway/src/init.rs", "unreadable", "… cannot be read (…): …"),
    ("server-stub/gateway/src/recheck.rs", "unreadable", "… cannot be read (…): …"),
    ("server-stub/gateway/src/serve.rs", "listen_failed", "Cannot listen on … (…): …"),
    ("server-stub/gateway/src/serve.rs", "tls_invalid", "Certificate or key cannot be used: …"),
    ("server-stub/gateway/src/tenant/error.rs", "unreadable", "… cannot be read (…): …"),
    ("server-stub/listen/src/renewal.rs", "tls_invalid", "…; the certificate before stays in use."),
    (
        "server-stub/records/src/setup/check.rs",
        "",
        "The authority's …: … It is what signed the gateway's certificate.",
    ),
    ("tests/src/config/mod.rs", "schema_invalid", "Line …: …"),
    ("tests/src/phone/sign_in.rs", "unreadable", "Standard input cannot be read: …"),
];

#[test]
fn every_message_asks_something_of_somebody() {
    let said = read::said(root());
    let mute = said.iter().flat_map(|said| said.rows.iter().map(move |row| (said, row)));
    let mute: BTreeSet<(&str, &str, &str)> = mute
        .filter(|(_, row)| row.asks.is_empty())
        .map(|(said, row)| (said.file.as_str(), row.code.as_str(), row.says.as_str()))
        .collect();
    let known: BTreeSet<(&str, &str, &str)> = FILLED_IN.iter().copied().collect();
    let new: Vec<_> = mute.difference(&known).map(|row| format!("{row:?},")).collect();
    assert!(new.is_empty(), "no next step:\n{}", new.join("\n"));
    let gone: Vec<_> = known.difference(&mute).collect();
    assert!(gone.is_empty(), "these have one by now: {gone:?}");
}

/// What stands before a code in the code, found by text: another way than the page is made.
const BEFORE: &[&str] = &[
    "Refusal::new(",
    "report.find(",
    "code = ",
    "code: ",
    "return Err((",
    "Finding::error(",
    "Finding::warning(",
];
/// Codes for programs: RFC 9449's own.
const FOR_PROGRAMS: [&str; 3] = ["use_dpop_nonce", "invalid_token", "invalid_dpop_proof"];

#[test]
fn no_code_of_the_programs_is_missing() {
    let said = read::said(root());
    let mut listed: BTreeSet<&str> = said.iter().flat_map(Said::codes).collect();
    listed.extend(ProblemCode::ALL.iter().map(|code| code.as_str()));
    listed.extend(FilingRefusal::ALL.map(FilingRefusal::code));
    listed.extend(Fault::ALL.iter().map(|fault| fault.code()));
    listed.extend(FOR_PROGRAMS);
    let mut found = 0;
    for (file, text) in read::sources(root()) {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for slug in in_functions(text).chain(behind(text)).chain(in_front(text)) {
            assert!(listed.contains(slug), "{slug} of {file} is not listed");
            found += 1;
        }
    }
    assert!(found > 400, "{found} codes");
}

/// What the arms of a function called `code` give.
fn in_functions(text: &str) -> impl Iterator<Item = &str> {
    let bodies = text.split("fn code(").skip(1).map(|part| part.split("\n    }\n").next().unwrap_or(part));
    bodies.flat_map(|body| body.split("=> \"").skip(1)).filter_map(slug)
}

/// What stands behind one of [`BEFORE`], a setting's name between.
fn behind(text: &str) -> impl Iterator<Item = &str> {
    BEFORE.iter().flat_map(move |before| {
        text.split(*before).skip(1).filter_map(|rest| {
            let rest = rest.trim_start();
            let rest =
                if before.starts_with("Finding") { rest.split_once(',')?.1.trim_start() } else { rest };
            slug(rest.strip_prefix('"')?)
        })
    })
}

/// What a text begins with before a colon: `"files_unknown: …"`.
fn in_front(text: &str) -> impl Iterator<Item = &str> {
    text.split("!(").skip(1).filter_map(|rest| {
        let (code, says) = rest.trim_start().strip_prefix('"')?.split_once(": ")?;
        (loose::is_slug(code) && says.starts_with(char::is_alphabetic)).then_some(code)
    })
}

/// The code that a text begins with, up to its quotation mark.
fn slug(text: &str) -> Option<&str> {
    let code = text.split('"').next()?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (code.len() > 2 && code.bytes().all(plain)).then_some(code)
}
