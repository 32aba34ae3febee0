//! Managed configuration as files: those that consoles import, and what people are told of theirs.

use gauze_core::Managed;
use gauze_core::config::{Encoding, SETTINGS};
use gauze_tests::config::{ConfigFileError, FILES, SchemaKind, check_schema, generate, read_values};

use crate::shared;

fn made(name: &str) -> String {
    generate(FILES.iter().find(|file| file.name == name).unwrap())
}

fn refused(text: &str, why: &str) {
    match check_schema(text) {
        Err(ConfigFileError::Wrong { line, what }) => assert!(line > 0 && what.contains(why), "{what}"),
        other => panic!("{why:?} expected, not {other:?}"),
    }
}

#[test]
fn the_committed_files_are_what_the_list_of_settings_makes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for file in FILES {
        let committed = std::fs::read_to_string(root.join(file.path)).unwrap_or_default();
        assert!(
            committed == generate(file),
            "{} is stale: run `gauze-phone config generate --into .`",
            file.path
        );
    }
}

#[test]
fn consoles_find_every_setting_in_what_is_made() {
    assert_eq!(check_schema(&made("android")).unwrap(), (SchemaKind::Android, SETTINGS.len()));
    assert_eq!(check_schema(&made("appconfig")).unwrap(), (SchemaKind::AppConfig, SETTINGS.len()));
    let strings = made("android-strings");
    roxmltree::Document::parse(&strings).unwrap();
    for setting in SETTINGS {
        for part in ["title", "description"] {
            let name = format!("managed_{}_{part}", setting.key);
            assert!(
                strings.contains(&format!("name=\"{name}\""))
                    && made("android").contains(&format!("@string/{name}\""))
            );
        }
        assert!(made("markdown").contains(&format!("\n### `{}`\n", setting.key)));
    }
}

#[test]
fn the_example_for_apple_is_a_configuration_that_a_phone_would_use() {
    let values = read_values(made("managed-app").as_bytes()).unwrap();
    for encoding in [Encoding::ManagedApp, Encoding::AppConfig] {
        let judged = Managed::judge(encoding, &values);
        assert!(judged.findings.is_empty() && judged.managed.is_some());
    }
}

#[test]
fn other_apps_files_are_judged_as_their_consoles_would() {
    let Some(dir) = shared::data("07-mdm") else { return };
    let texts = |sub: &str| -> Vec<(String, String)> {
        let entries = std::fs::read_dir(dir.join(sub)).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.filter(|path| path.extension().is_some_and(|ending| ending == "xml"));
        files.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
    };
    for sub in ["android-restrictions", "ios-appconfig"] {
        for (path, text) in texts(sub).into_iter().filter(|(path, _)| !path.ends_with("strings.xml")) {
            assert!(check_schema(&text).is_ok(), "{path}: {:?}", check_schema(&text));
        }
    }
    let invalid = texts("invalid");
    assert!(!invalid.is_empty());
    for (path, text) in invalid {
        assert!(matches!(check_schema(&text), Err(ConfigFileError::Wrong { .. })), "{path}");
    }
    for entry in std::fs::read_dir(dir.join("ios-managed-config")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "plist") {
            assert!(!read_values(&std::fs::read(&path).unwrap()).unwrap().is_empty(), "{}", path.display());
        }
    }
}

#[test]
fn a_schema_that_consoles_would_refuse_is_refused_with_its_line() {
    let android = made("android");
    refused(
        &android.replacen("android:restrictionType=\"string\"", "android:restrictionType=\"text\"", 1),
        "the types are",
    );
    refused(&android.replacen("android:key=\"tenant\"", "android:key=\"gateway\"", 1), "stands twice");
    refused(&android.replacen("android:title=", "android:titel=", 1), "not known");
    refused(
        &android.replacen("\"integer\" />", "\"integer\" android:defaultValue=\"one\" />", 1),
        "not of its type",
    );
    refused(&android.replacen("\"integer\" />", "\"choice\" />", 1), "without android:entries");
    let apple = made("appconfig");
    refused(&apple.replacen("<field keyName=\"tenant\"", "<field keyName=\"other\"", 1), "does not declare");
    refused(&apple.replacen("<field keyName=\"tenant\"", "<field keyName=\"gateway\"", 1), "stands twice");
    refused(&apple.replacen("type=\"input\"", "type=\"checkbox\"", 1), "cannot be shown");
    refused(
        &apple.replacen("<language value=\"en-US\">", "<language value=\"de-DE\">", 1),
        "default language",
    );
    refused(
        &apple.replacen("<integer keyName", "<number keyName", 1).replacen("</integer>", "</number>", 1),
        "no type of setting",
    );
}

#[test]
fn hostile_files_are_refused_and_harm_nothing() {
    let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><restrictions>&b;</restrictions>";
    assert!(matches!(check_schema(bomb), Err(ConfigFileError::Xml(_))));
    assert!(matches!(check_schema(&" ".repeat(2 << 20)), Err(ConfigFileError::TooLarge)));
    assert!(matches!(check_schema("<html/>"), Err(ConfigFileError::Unknown(_))));
    let deep = "<a>".repeat(100_000);
    assert!(check_schema(&deep).is_err());
    assert!(matches!(read_values(b"bplist00\xff\xff"), Err(ConfigFileError::Values(_))));
    assert!(matches!(read_values(b"<plist><array/></plist>"), Err(ConfigFileError::Values(_))));
}
