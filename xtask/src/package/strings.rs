//! The iOS app's sentences: Android's, in Apple's form, with the few that differ laid over them.

use anyhow::Context as _;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const ANDROID: &str = "android/app/src/main/res/values/strings.xml";
const OWN: &str = "ios/App/own.strings";
const IOS: &str = "ios/App/en.lproj/Localizable.strings";
const HEAD: &str =
    "/* Made of Android's strings.xml and own.strings by `cargo xtask package ios`: do not edit. */\n";

/// Writes them anew.
pub(super) fn write(root: &Path) -> anyhow::Result<()> {
    crate::process::replace(&root.join(IOS), &made(root)?)
}

fn made(root: &Path) -> anyhow::Result<String> {
    let read = |path| fs::read_to_string(root.join(path)).with_context(|| format!("{path} cannot be read"));
    Ok(apples(&read(ANDROID)?, &read(OWN)?))
}

/// One sentence a line in both: `<string name="back">Back</string>`, `"back" = "Back";`.
fn apples(android: &str, own: &str) -> String {
    let own: BTreeMap<&str, &str> = own
        .lines()
        .filter_map(|line| line.strip_prefix('"')?.strip_suffix("\";")?.split_once("\" = \""))
        .collect();
    let mut made = HEAD.to_owned();
    for line in android.lines() {
        let Some((name, words)) = sentence(line) else { continue };
        let words = own.get(name).map_or_else(|| plain(words), |words| (*words).to_owned());
        let _ = writeln!(made, "\"{name}\" = \"{words}\";");
    }
    made
}

fn sentence(line: &str) -> Option<(&str, &str)> {
    line.trim().strip_prefix("<string name=\"")?.strip_suffix("</string>")?.split_once("\">")
}

/// A double quote has a backslash in both forms.
fn plain(words: &str) -> String {
    let mut plain = words.replace("\\'", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    for n in 1..=9 {
        plain = plain.replace(&format!("%{n}$s"), &format!("%{n}$@"));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_said_in_apples_form_unless_the_app_has_its_own() {
        let android = "<resources>\n  <!-- app -->\n  <string name=\"one\">The phone\\'s \\\"A &amp; B\\\": %1$s, %2$s</string>\n  <string name=\"two\">AndroidX</string>\n";
        let made = apples(android, "/* why */\n\"two\" = \"Swift\";\n");
        assert_eq!(
            made.strip_prefix(HEAD),
            Some("\"one\" = \"The phone's \\\"A & B\\\": %1$@, %2$@\";\n\"two\" = \"Swift\";\n")
        );
    }

    #[test]
    fn what_is_committed_is_what_is_made() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let committed = fs::read_to_string(root.join(IOS)).unwrap();
        assert!(made(root).unwrap() == committed, "run `cargo xtask package ios`");
    }
}
