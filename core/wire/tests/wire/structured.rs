//! RFC 9651 by the parser we rely on: the working group's own cases, read and written again.

use serde_json::Value;
use sfv::{Dictionary, Item, List, Parser};

use crate::http::shared;

/// The canonical text of a field, or nothing if it does not parse.
fn canonical(field: &str, kind: &str) -> Option<String> {
    let parser = Parser::new(field);
    match kind {
        "item" => {
            let item: Item = parser.parse().ok()?;
            Some(sfv::ItemSerializer::new().bare_item(&item.bare_item).parameters(&item.params).finish())
        }
        "list" => {
            let list: List = parser.parse().ok()?;
            let mut serializer = sfv::ListSerializer::new();
            serializer.members(&list);
            Some(serializer.finish().unwrap_or_default())
        }
        "dictionary" => {
            let members: Dictionary = parser.parse().ok()?;
            let mut serializer = sfv::DictSerializer::new();
            serializer.members(&members);
            Some(serializer.finish().unwrap_or_default())
        }
        other => panic!("{other} is no kind of field"),
    }
}

fn joined(lines: &Value) -> String {
    let lines: Vec<&str> = lines.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    lines.join(", ")
}

#[test]
fn every_case_of_the_working_group_parses_and_is_written_canonically_or_fails() {
    let Some(dir) = shared("04-http/structured-fields") else { return };
    let (mut read, mut refused) = (0, 0);
    for file in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let cases: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for case in cases.as_array().unwrap() {
            let made = canonical(&joined(&case["raw"]), case["header_type"].as_str().unwrap());
            let what = format!("{}: {}", file.display(), case["name"]);
            if case["must_fail"] == true {
                assert_eq!(made, None, "{what}");
                refused += 1;
            } else if made.is_some() || case["can_fail"] != true {
                let expected = if case["canonical"].is_null() { &case["raw"] } else { &case["canonical"] };
                assert_eq!(made, Some(joined(expected)), "{what}");
                read += 1;
            }
        }
    }
    assert!(read > 100 && refused > 100, "{read} {refused}");
}
