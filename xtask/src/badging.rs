//! What `aapt2 dump badging` says of an APK, held against what is shipped: a library that brings a permission is seen here, and so
//! is a build that took another manifest than the one that the tests read.

use anyhow::{Context as _, ensure};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::process::quiet;

const PACKAGE: &str = "org.gauze.app";
const MIN_SDK: &str = "29";
const TARGET_SDK: &str = "36";
/// Short of `android.permission.`; `ManifestTest` says why each is asked for.
const PERMISSIONS: [&str; 11] = [
    "ACCESS_COARSE_LOCATION",
    "ACCESS_FINE_LOCATION",
    "ACCESS_NETWORK_STATE",
    "CAMERA",
    "FOREGROUND_SERVICE",
    "INTERNET",
    "POST_NOTIFICATIONS",
    "RECEIVE_BOOT_COMPLETED",
    "RUN_USER_INITIATED_JOBS",
    "USE_BIOMETRIC",
    "WAKE_LOCK",
];
/// What AndroidX asks of itself alone.
const OWN: &str = "org.gauze.app.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION";

/// The APK is the app that is meant to be shipped, as far as its badge tells.
pub(crate) fn check(aapt2: &Path, apk: &Path) -> anyhow::Result<()> {
    let said = quiet(Command::new(aapt2).args(["dump", "badging"]).arg(apk))?;
    judge(&said)
}

fn judge(said: &str) -> anyhow::Result<()> {
    let package = value(said, "package: name=").context("no package")?;
    ensure!(package == PACKAGE, "the APK is {package}, and not {PACKAGE}");
    let min =
        value(said, "minSdkVersion:").or_else(|| value(said, "sdkVersion:")).context("no oldest SDK")?;
    let target = value(said, "targetSdkVersion:").context("no target SDK")?;
    ensure!(
        (min, target) == (MIN_SDK, TARGET_SDK),
        "the APK is for SDK {min} to {target}, and not {MIN_SDK} to {TARGET_SDK}"
    );
    let asked: BTreeSet<&str> = said
        .lines()
        .filter(|line| line.starts_with("uses-permission"))
        .filter_map(|line| line.split_once("name='")?.1.split_once('\''))
        .map(|(name, _)| name)
        .collect();
    let expected: BTreeSet<String> =
        PERMISSIONS.iter().map(|name| format!("android.permission.{name}")).chain([OWN.to_owned()]).collect();
    let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
    let (more, less): (Vec<_>, Vec<_>) =
        (asked.difference(&expected).collect(), expected.difference(&asked).collect());
    ensure!(more.is_empty(), "the APK asks for more than it should: {more:?}");
    ensure!(less.is_empty(), "the APK does not ask for what it needs: {less:?}");
    ensure!(!said.lines().any(|line| line == "application-debuggable"), "the APK can be debugged");
    Ok(())
}

/// What stands in quotes behind `begin`, at the beginning of a line.
fn value<'a>(said: &'a str, begin: &str) -> Option<&'a str> {
    let line = said.lines().find_map(|line| line.strip_prefix(begin))?;
    Some(line.strip_prefix('\'')?.split_once('\'')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(without: &str, more: &str) -> String {
        let asked = PERMISSIONS.iter().filter(|name| **name != without);
        let asked: String =
            asked.map(|name| format!("uses-permission: name='android.permission.{name}'\n")).collect();
        format!(
            "package: name='org.gauze.app' versionCode='1' versionName='0.1.0' platformBuildVersionName='15'\nminSdkVersion:'29'\n\
             targetSdkVersion:'36'\n{asked}uses-permission: name='{OWN}'\n{more}application-label:'Gauze'\nnative-code: 'arm64-v8a'\n"
        )
    }

    #[test]
    fn another_package_sdk_or_permission_is_named() {
        let why = |said: &str| judge(said).unwrap_err().to_string();
        judge(&badge("", "")).unwrap();
        assert!(
            why(&badge("", "").replace("'org.gauze.app' v", "'org.gauze.other' v"))
                .contains("org.gauze.other")
        );
        assert!(why(&badge("", "").replace("minSdkVersion:'29'", "minSdkVersion:'26'")).contains("26 to 36"));
        assert!(
            why(&badge("", "").replace("targetSdkVersion:'36'", "targetSdkVersion:'34'"))
                .contains("29 to 34")
        );
        let more = "uses-permission-sdk-23: name='android.permission.RECORD_AUDIO'\n";
        assert!(why(&badge("", more)).contains("more than it should: [\"android.permission.RECORD_AUDIO\"]"));
        assert!(
            why(&badge("CAMERA", ""))
                .contains("does not ask for what it needs: [\"android.permission.CAMERA\"]")
        );
        assert!(why(&badge("", "application-debuggable\n")).contains("debugged"));
        assert!(why("").contains("no package"));
    }
}
