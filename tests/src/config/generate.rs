//! The files that consoles import and people read, each from the core's list of settings.

use std::fmt::Write as _;

use gauze_core::config::{Effect, Kind, Need, SCHEMA_VERSION, SETTINGS, Setting};

/// The app's name to Apple's consoles, and to Android's.
const BUNDLE_ID: &str = "org.gauze.app";
const MADE: &str = "Made from the core's list of settings by `gauze-phone config generate`: do not edit.";

/// One generated file: its place in the repository, and what makes it.
pub struct Generated {
    /// Relative to the root of the repository.
    pub path: &'static str,
    /// What `config show` calls it.
    pub name: &'static str,
    make: fn() -> String,
}

/// All of them.
pub const FILES: &[Generated] = &[
    Generated {
        path: "android/app/src/main/res/xml/app_restrictions.xml",
        name: "android",
        make: restrictions,
    },
    Generated {
        path: "android/app/src/main/res/values/managed_configuration.xml",
        name: "android-strings",
        make: strings,
    },
    Generated { path: "ios/App/specfile.xml", name: "appconfig", make: specfile },
    Generated { path: "ios/App/managed-app.plist", name: "managed-app", make: managed_app },
    Generated { path: "docs/managed-configuration.md", name: "markdown", make: markdown },
];

/// Makes one file.
pub fn generate(file: &Generated) -> String {
    (file.make)()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn restrictions() -> String {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- {MADE} -->\n");
    out += "<restrictions xmlns:android=\"http://schemas.android.com/apk/res/android\">\n";
    for Setting { key, kind, .. } in SETTINGS {
        let kind = match kind {
            Kind::Text { .. } => "string",
            Kind::Integer { .. } => "integer",
        };
        let _ = write!(
            out,
            "    <restriction\n        android:key=\"{key}\"\n        android:title=\"@string/managed_{key}_title\"\n        \
             android:description=\"@string/managed_{key}_description\"\n        android:restrictionType=\"{kind}\" />\n"
        );
    }
    out + "</restrictions>\n"
}

/// Android's own escapes on top of XML's.
fn android_text(text: &str) -> String {
    escape(text).replace('\'', "\\'").replace('@', "\\@").replace('?', "\\?")
}

fn strings() -> String {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- {MADE} -->\n<resources>\n");
    for Setting { key, title, description, .. } in SETTINGS {
        let _ = writeln!(out, "    <string name=\"managed_{key}_title\">{}</string>", android_text(title));
        let _ = writeln!(
            out,
            "    <string name=\"managed_{key}_description\">{}</string>",
            android_text(description)
        );
    }
    out + "</resources>\n"
}

fn specfile() -> String {
    let mut out =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {MADE} -->\n<managedAppConfiguration>\n");
    let _ =
        writeln!(out, "  <version>{SCHEMA_VERSION}</version>\n  <bundleId>{BUNDLE_ID}</bundleId>\n  <dict>");
    for Setting { key, kind, need, .. } in SETTINGS {
        let nullable = *need != Need::Required;
        let _ = match kind {
            Kind::Text { .. } => writeln!(
                out,
                "    <string keyName=\"{key}\">\n      <constraint nullable=\"{nullable}\"/>\n    </string>"
            ),
            Kind::Integer { least, most } => writeln!(
                out,
                "    <integer keyName=\"{key}\">\n      <constraint nullable=\"{nullable}\" min=\"{least}\" max=\"{most}\"/>\n    </integer>"
            ),
        };
    }
    out += "  </dict>\n  <presentation defaultLocale=\"en-US\">\n";
    for Setting { key, title, description, .. } in SETTINGS {
        let _ = write!(
            out,
            "    <field keyName=\"{key}\" type=\"input\">\n      <label>\n        <language value=\"en-US\">{}</language>\n      \
             </label>\n      <description>\n        <language value=\"en-US\">{}</language>\n      </description>\n    </field>\n",
            escape(title),
            escape(description),
        );
    }
    out + "  </presentation>\n</managedAppConfiguration>\n"
}

fn managed_app() -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {MADE} An example: put in your own values. -->\n"
    );
    out += "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n";
    out += "<plist version=\"1.0\">\n<dict>\n";
    for Setting { key, kind, example, .. } in SETTINGS {
        let Some(example) = example else { continue };
        let kind = match kind {
            Kind::Text { .. } => "string",
            Kind::Integer { .. } => "integer",
        };
        let _ = writeln!(out, "\t<key>{key}</key>\n\t<{kind}>{}</{kind}>", escape(example));
    }
    out + "</dict>\n</plist>\n"
}

fn markdown() -> String {
    let mut out = String::from(HEAD);
    for setting in SETTINGS {
        let Setting { key, title, description, kind, need, effect, otherwise, example } = setting;
        let kind = match kind {
            Kind::Text { most } => format!("text of at most {most} bytes"),
            Kind::Integer { least, most } => format!("whole number, {least} to {most}"),
        };
        let need = match (need, otherwise) {
            (Need::Required, _) => "must be set".to_owned(),
            (Need::ToEnrol, _) => "must be set to enrol, may be cleared afterwards".to_owned(),
            (Need::Optional, otherwise) => format!("may be left open: {}", otherwise.unwrap_or("nothing")),
        };
        let effect = match effect {
            Effect::Points => "not trusted by itself: the phone checks what it finds there",
            Effect::Sticks => "the first value sticks; another one later changes nothing and is reported",
            Effect::Tightens => "can make the hospital's policy stricter, never looser",
            Effect::Shown => "shown to people",
        };
        let _ = write!(out, "## `{key}`\n\n**{title}.** {description}\n\n- {kind}\n- {need}\n- {effect}\n");
        let _ = match example {
            Some(example) => writeln!(out, "- example: `{example}`\n"),
            None => writeln!(out),
        };
    }
    out + TAIL
}

const HEAD: &str = "# Managed configuration

What device management may set in the app. The same names hold in every system: Android managed configurations
(`app_restrictions.xml`), AppConfig on Apple devices (`specfile.xml`, the dictionary `com.apple.configuration.managed`) and Apple's
ManagedApp framework (`managed-app.plist`). [mdm.md](mdm.md) says where to paste what.

Nothing here is secret or proves anything: a setting points, or makes the hospital's signed policy stricter. None loosens it.

";

const TAIL: &str = "## What is refused, and how it is shown

A configuration with an error is not used at all; what was in force stays. A warning leaves one value out. Android's consoles get a keyed
app state for every setting, Apple's get `com.apple.feedback.managed`; `gauze-phone config values FILE` prints the same.

| code | means | do |
|---|---|---|
| `missing` | a setting that must be there is not | set it |
| `wrong_type` | text where a number belongs, or the reverse | correct its type |
| `malformed` | not of the form that the setting has | correct it |
| `out_of_range` | a number beyond the setting's bounds | correct it |
| `too_long` | a text beyond the setting's length | shorten it |
| `not_filled_in` | a variable that the management system did not replace (a warning) | check the variable's name |
| `unknown_setting` | a name that is none of these (a warning; `gauze-phone enrol` refuses a file that has one) | check its name, or update the app |
| `root_changed` | another root than the phone has pinned | put the right fingerprint back; to change it, wipe the phone and enrol it again |
| `tenant_changed`, `gateway_changed` | another organisation or gateway than the phone is enrolled with | put it back, or wipe the phone and enrol it again |

Numbers may come as digits from Android's and AppConfig's consoles; an empty text is a setting that was not made. Fingerprints may have
colons, spaces and capitals; certificates may have lost their line ends.
";
