//! The page: by who meets a message, in tables.

use std::fmt::Write as _;
use std::io::{self, ErrorKind};

use gauze_attest::Fault;
use gauze_listen::{ListenError, disk_step};
use gauze_wire::{FilingRefusal, ProblemCode};
use rustix::io::Errno;

use super::read::{Row, Said, errors};
use super::words::sentence;

/// A part of the page: which files it is made from, its heading, and of whom its messages ask something.
struct Part(&'static [&'static str], &'static str, &'static str);

/// A file belongs to the first part that one of its prefixes fits.
const PARTS: &[Part] = &[
    Part(
        &["core/seal/"],
        "A picture that is not taken",
        "Said on the phone, of a picture that cannot be sealed. Whoever takes it takes it again; what names IT is for IT.",
    ),
    Part(
        &["core/wire/"],
        "What a phone hears of itself, and of what it is to send",
        "Said on the phone and in the lists of both sides.",
    ),
    Part(
        &["core/src/", "tests/src/"],
        "On the phone, and from `gauze-phone`",
        "Whoever holds the phone does it. What names IT or device management is for them: photos wait on the phone until then.",
    ),
    Part(
        &["bindings/"],
        "What an app gets",
        "Codes that the library for Kotlin, Swift and Python adds to those of the phone; the kind of its error says what a screen does ([bindings/README.md](../bindings/README.md)).",
    ),
    Part(
        &["server-stub/listen/"],
        "Certificates, addresses and files, at both servers",
        "Whoever runs the program does it. A line without a code is one of `serve --check`.",
    ),
    Part(
        &["server-stub/gateway/"],
        "From `gauze-gateway`, at its start, and from its commands and console",
        "Whoever runs the gateway does it. A line without a code is one of `serve --check`.",
    ),
    Part(
        &["server-stub/signin/", "server-stub/people/", "server-stub/records/src/web/"],
        "Signing in, roles, and the pages inside the hospital",
        "Said to whoever reads photos or manages people; what names IT is for whoever runs the records side.",
    ),
    Part(
        &["server-stub/records/", "server-stub/attest/"],
        "From `gauze-records`, and of what it judges",
        "Whoever runs the records side does it. A line without a code is one of `serve --check`.",
    ),
    Part(
        &["server-stub/witness/"],
        "From `gauze-witness`, at another department",
        "Whoever runs the witness does it; what the records side says of a witness is among its own messages.",
    ),
];

/// Of those that a test counts: what is filled in says itself what to do, most often of a file, a disk, an address or a certificate.
const FILLED_IN: &str = "The message goes on with it: [files, disks, addresses, certificates](#files-disks-addresses-certificates).";
/// What the others ask.
const ASKED: &[(&str, &str)] = &[
    (
        "configuration_invalid",
        "Set the setting that is named as [managed-configuration.md](managed-configuration.md) has it.",
    ),
    (
        "gateway_invalid",
        "Set the setting that is named as [managed-configuration.md](managed-configuration.md) has it.",
    ),
    ("report_invalid", "Correct the field that is named."),
    ("schema_invalid", "Correct that line of the schema."),
    ("status_list_invalid", "Fetch the list again; the one before stays in force."),
    (
        "tls_setup",
        "Look whether `ca` in the configuration is the PEM of an authority; otherwise report it with the app's version.",
    ),
    (
        "wrong_type",
        "Write the setting as [managed-configuration.md](managed-configuration.md) has it: a text, a number, or yes and no.",
    ),
];

const HEAD: &str = "# Messages

Everything that the programs say when they do not do what was asked: the code, what it means, and what it asks of whom. A line of a program
is `CODE: what is wrong: what to do`, with exit status 1; 2 is a command that cannot be read, and says how it is written. `…` stands for what is
filled in: a file, a field and its line, an address. Look for the code with your browser's search.

This page is made from the code by `GAUZE_RECORD=1 cargo xtask test -p gauze-tests --test suite messages`; a test fails where it is not what the code says.

";

pub(super) fn page(said: &[Said]) -> String {
    let mut out = HEAD.to_owned();
    problems(&mut out);
    evidence(&mut out);
    filing(&mut out);
    for said in said {
        let known = PARTS.iter().any(|part| part.0.iter().any(|prefix| said.file.starts_with(prefix)));
        assert!(known, "{} is in no part of the page", said.file);
    }
    for (at, Part(_, heading, whom)) in PARTS.iter().enumerate() {
        let _ = write!(out, "## {heading}\n\n{whom}\n\n");
        let mut rows: Vec<&Row> =
            said.iter().filter(|said| part_of(&said.file) == at).flat_map(|said| &said.rows).collect();
        rows.sort_by(|a, b| a.code.is_empty().cmp(&b.code.is_empty()).then_with(|| a.code.cmp(&b.code)));
        rows.dedup();
        let _ = writeln!(out, "| code | means | do |\n|---|---|---|");
        for row in rows {
            let code = if row.code.is_empty() { String::new() } else { format!("`{}`", row.code) };
            let asked =
                ASKED.iter().find(|(code, _)| *code == row.code).map_or(FILLED_IN, |(_, asked)| asked);
            let asks = if row.asks.is_empty() { asked } else { &row.asks };
            line(&mut out, &[&code, &row.says, asks]);
        }
        out.push('\n');
    }
    places(&mut out);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn part_of(file: &str) -> usize {
    PARTS.iter().position(|part| part.0.iter().any(|prefix| file.starts_with(prefix))).unwrap()
}

fn line(out: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('<', "\\<")).collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn problems(out: &mut String) {
    *out += "## What the gateway answers\n\nTo phones and to the records side, as RFC 9457 problems with this `code` and HTTP status. The phone does by \
             itself what it can; a person meets the code in a log, at `gauze-phone`, or on the phone's page of reasons.\n\n| code | status | means | do |\n|---|---|---|---|\n";
    for code in ProblemCode::ALL {
        let status = code.status().to_string();
        line(out, &[&format!("`{code}`"), &status, &format!("{}.", code.title()), code.next_step()]);
    }
}

fn evidence(out: &mut String) {
    *out += "\n## Why a phone does not enrol\n\nThe `reason` beside `attestation_refused`. The help-desk code is what the phone shows; the sentence for its user asks \
             the user, the one for IT asks whoever enrols phones.\n\n| help desk | reason | to the phone's user | to IT |\n|---|---|---|---|\n";
    for fault in Fault::ALL {
        line(out, &[fault.help(), &format!("`{}`", fault.code()), fault.for_user(), fault.for_it()]);
    }
}

/// What stands behind a colon where a file, a disk, an address or a certificate is refused.
fn places(out: &mut String) {
    *out += "## Files, disks, addresses, certificates\n\nWhat stands behind `unreadable`, `storage_failed`, `listen_failed`, `tls_invalid` and other codes that name a file or an address. It asks \
             whoever runs the program.\n\n| is said | do |\n|---|---|\n";
    let words =
        |error: &io::Error| error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase();
    for number in [Errno::NOENT, Errno::ACCESS, Errno::ISDIR, Errno::NOTDIR, Errno::ROFS, Errno::NOSPC] {
        let error = io::Error::from(number);
        line(
            out,
            &[&sentence(&format!("a file or directory: {}", words(&error))), &sentence(disk_step(&error))],
        );
    }
    for kind in [ErrorKind::FileTooLarge, ErrorKind::Other] {
        let error = io::Error::from(kind);
        line(out, &[&sentence(&format!("a file or directory: {error}")), &sentence(disk_step(&error))]);
    }
    for number in [Errno::ADDRINUSE, Errno::ADDRNOTAVAIL, Errno::ACCESS] {
        let source = io::Error::from(number);
        let says = sentence(&format!("an address: {}", words(&source)));
        let told = ListenError { address: ([127, 0, 0, 1], 443).into(), source }.to_string();
        let (_, asks) = told.split_once("): ").unwrap();
        line(out, &[&says, &sentence(asks)]);
    }
    for (says, asks) in errors(super::root(), "server-stub/listen/src/certificate.rs", "CertificateError") {
        let asks = if asks.is_empty() {
            "As the message goes on: give the other file, or make this one PEM."
        } else {
            &asks
        };
        line(out, &[&says, asks]);
    }
}

fn filing(out: &mut String) {
    *out += "\n## Why the hospital refuses a photo\n\nThe `cause` of a *refused* receipt, in `gauze-records list` and on the phone, which keeps the photo. It asks whoever runs the \
             records side.\n\n| cause | do |\n|---|---|\n";
    for cause in FilingRefusal::ALL {
        line(out, &[&format!("`{}`", cause.code()), cause.next_step()]);
    }
    out.push('\n');
}
