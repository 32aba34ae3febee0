//! No type that Swift is given of the core shows by itself what it holds: Swift prints every field of a struct, and ends up in a log,
//! in a crash report or in what a failed test says.
//!
//! `Wordless.swift` takes that from the types in its list. Who has to be there is read out of the generated code, so that neither a
//! new type nor a new field of an old one is forgotten. Errors are not: what they say is the core's own.

use std::collections::{BTreeMap, BTreeSet};

use crate::shared::root;

const CORE: &str = "ios/Packages/Bridge/Sources/GauzeCore";
/// The core's own sentences and codes, and those of a refusal, which a log may have.
const OURS: [&str; 3] = ["Advice", "EnrolmentRefusal", "ProblemCode"];

/// The names in a piece of Swift that begin as types do.
fn types(swift: &str) -> impl Iterator<Item = &str> {
    swift
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn without_comments(swift: &str) -> String {
    let mut rest = swift.split("/**");
    let first = rest.next().unwrap_or_default().to_owned();
    rest.fold(first, |code, part| code + part.split_once("*/").map_or("", |(_, after)| after))
}

/// The generated structs and enums, each with the types of its fields or of what its cases carry.
fn generated(swift: &str) -> BTreeMap<String, BTreeSet<String>> {
    let swift = without_comments(swift);
    let mut found = BTreeMap::new();
    for (kind, declared) in ["struct", "enum"].map(|kind| (kind, format!("\npublic {kind} "))) {
        for block in swift.split(&declared).skip(1) {
            let block = block.split("\n}\n").next().unwrap_or_default();
            let (head, body) = block.split_once('{').unwrap_or_default();
            let name = types(head).next().unwrap_or_default();
            if name.starts_with("FfiConverter") {
                continue;
            }
            let fields = body.lines().filter(|line| line.starts_with("    public let "));
            let fields: String = if kind == "struct" { fields.collect() } else { body.to_owned() };
            found.insert(name.to_owned(), types(&fields).map(str::to_owned).collect());
        }
    }
    found
}

/// Those that hold text, bytes or a position themselves. What holds them by another type prints that type.
fn speaking(swift: &str) -> BTreeSet<String> {
    let another = |line: &str| {
        let name = line.strip_prefix("public typealias ")?.strip_suffix(" = String")?;
        (!OURS.contains(&name)).then(|| name.to_owned())
    };
    let text: BTreeSet<_> = ["String", "Data", "Double"]
        .map(str::to_owned)
        .into_iter()
        .chain(swift.lines().filter_map(another))
        .collect();
    generated(swift)
        .into_iter()
        .filter(|(name, held)| !OURS.contains(&&**name) && !held.is_disjoint(&text))
        .map(|(name, _)| name)
        .collect()
}

fn listed(swift: &str) -> BTreeSet<String> {
    let named = |line: &str| Some(line.strip_prefix("extension ")?.strip_suffix(": Wordless {}")?.to_owned());
    swift.lines().filter_map(named).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn whatever_swift_is_given_of_the_core_that_may_hold_words_prints_none() {
    let listed = listed(&read(&format!("{CORE}/Wordless.swift")));
    let speaking = speaking(&read(&format!("{CORE}/GauzeCore.swift")));
    assert!(speaking.len() > 20, "{speaking:?}");
    let unlisted: Vec<_> = speaking.difference(&listed).collect();
    assert!(unlisted.is_empty(), "give them a line in Wordless.swift and a value in its test: {unlisted:?}");

    let test = read("ios/Packages/Bridge/Tests/GauzeBridgeTests/WordlessTests.swift");
    let made = |name: &&String| test.contains(&format!("{name}(")) || test.contains(&format!("{name}."));
    let unseen: Vec<_> = listed.iter().filter(|name| !made(name)).collect();
    assert!(unseen.is_empty(), "no test prints them: {unseen:?}");
}

#[test]
fn a_new_type_and_a_new_field_are_seen() {
    let swift = "\n\npublic struct Told: Equatable, Hashable {\n    /**\n     * A `String`.\n     */\n    public let words: Text9?\n\n    \
                 public init(words: Text9?) {\n    }\n}\n\npublic struct Counted: Equatable {\n    public let n: UInt64\n    public init(of: String) {}\n}\n\
                 \npublic enum Said: Equatable {\n    case nothing\n    case much(\n        /**\n         * What.\n         */of: [Data]\n    )\n}\n\
                 \npublic enum Kept: Equatable {\n    case it(Told\n    )\n    case code(ProblemCode\n    )\n}\n\
                 \npublic struct FfiConverterTypeTold: FfiConverterRustBuffer {\n    public let a: String\n}\n\
                 public typealias Text9 = String\npublic typealias ProblemCode = String\npublic typealias Timestamp = Int64\n";
    assert_eq!(generated(swift).len(), 4);
    assert_eq!(speaking(swift), ["Said", "Told"].map(str::to_owned).into());
}
