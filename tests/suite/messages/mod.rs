//! `docs/messages.md`: everything that the programs say to people, read out of the code itself, so that no code can be left out.
//!
//! `GAUZE_RECORD=1` writes the page; otherwise a page that is not what the code says fails.

mod arms;
mod page;
mod read;

use std::collections::BTreeSet;
use std::path::Path;

use gauze_attest::Fault;
use gauze_wire::FilingRefusal;
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

#[test]
fn every_code_can_be_read() {
    let unread: Vec<String> = read::said(root())
        .iter()
        .flat_map(|said| said.rows.iter().map(move |row| (said, row)))
        .filter(|(_, row)| row.code == read::UNREAD)
        .map(|(said, row)| format!("{} {}: {}", said.file, said.kind, row.says))
        .collect();
    assert!(unread.is_empty(), "{}", unread.join("\n"));
}

#[test]
fn every_message_asks_something_of_somebody() {
    let mute: Vec<String> = read::said(root())
        .iter()
        .flat_map(|said| said.rows.iter().map(move |row| (said, row)))
        .filter(|(_, row)| row.asks.is_empty())
        .map(|(said, row)| format!("{} {}: {} ({})", said.kind, row.code, row.says, said.file))
        .collect();
    assert!(mute.is_empty(), "no next step:\n{}", mute.join("\n"));
}

#[test]
fn no_slug_that_a_code_function_returns_is_missing() {
    // Found in another way than the page is made: by text, between `fn code` and the end of its function.
    let said = read::said(root());
    let mut listed: BTreeSet<&str> = said.iter().flat_map(Said::codes).collect();
    listed.extend(FilingRefusal::ALL.map(FilingRefusal::code));
    listed.extend(Fault::ALL.iter().map(|fault| fault.code()));
    // RFC 9449's own, for programs.
    listed.extend(["use_dpop_nonce", "invalid_token", "invalid_dpop_proof"]);
    let mut found = 0;
    for (file, text) in read::sources(root()) {
        for part in text.split("fn code(").skip(1) {
            let body = part.split("\n    }\n").next().unwrap_or(part);
            for slug in body.split('"').skip(1).step_by(2).filter(|slug| is_slug(slug)) {
                assert!(listed.contains(slug), "{slug} of {file} is not listed");
                found += 1;
            }
        }
    }
    assert!(found > 200, "{found} codes");
}

fn is_slug(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
