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
    let parts = [("Every phone needs these", true), ("Set these where the hospital wants it", false)];
    for (title, needed) in parts {
        let _ = writeln!(out, "## {title}\n");
        let settings = SETTINGS.iter().filter(|setting| (setting.need != Need::Optional) == needed);
        settings.for_each(|setting| out += &section(setting));
    }
    out.trim_end().to_owned() + "\n"
}

fn section(setting: &Setting) -> String {
    let Setting { key, title, description, kind, need, effect, otherwise, example } = setting;
    let kind = match kind {
        Kind::Text { most } => format!("It is text of at most {most} bytes"),
        Kind::Integer { least, most } => format!("It is a whole number from {least} to {most}"),
    };
    let need = match (need, otherwise) {
        (Need::Required, _) => " and must be set.".to_owned(),
        (Need::ToEnrol, _) => " and must be set to enrol; it may be cleared afterwards.".to_owned(),
        (Need::Optional, otherwise) => format!("; left open it means: {}.", otherwise.unwrap_or("nothing")),
    };
    let effect = match effect {
        Effect::Points => "The phone does not trust it by itself: it checks what it finds there.",
        Effect::Sticks => {
            "The phone keeps the first value; another one later changes nothing and is reported."
        }
        Effect::Tightens => "It can make the hospital's policy stricter, never looser.",
        Effect::Shown => "It is shown to people.",
    };
    let example = example.map_or_else(String::new, |example| format!(" Example: `{example}`."));
    format!("### `{key}`\n\n**{title}.** {description}\n\n{kind}{need} {effect}{example}\n\n")
}

const HEAD: &str = r#"# Managed configuration

Managed configuration is what device management sets in the app. You rarely write it yourself: `gauze-records token show` prints the whole text for your system, and
[mdm.md](mdm.md) says where to paste it. This page says what each setting means, and what to do when a phone or a console reports one.

```json
{
  "gateway": "https://gauze.example.org",
  "tenant": "ward-9",
  "root_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "token": "…",
  "serial": "SN-7"
}
```

The names are the same in every system: Android managed configurations (`app_restrictions.xml`), AppConfig on Apple devices (`specfile.xml`, the dictionary
`com.apple.configuration.managed`) and Apple's ManagedApp framework (`managed-app.plist`). No setting is secret, and none proves anything: it points somewhere, or makes the
hospital's signed policy stricter. None loosens it.

## Check a configuration

```sh
gauze-phone config values managed.json
```

It ends with `a phone would use these values`, or says what is wrong with each one and exits with 1. This is what it says of a name with a slip in it:

```text
warning: tenent: this app has no such setting: check its name, or update the app (unknown_setting)
error: tenant: Organisation is not set: set it (missing)
config_invalid: a phone would not use these values: correct them
```

Add `--encoding android` or `--encoding appconfig` for a file that one of these systems hands over, and `--json` for what the system's console would be told.

## When something is reported

An error in one setting makes the phone use none of the new values; what was in force stays. A warning leaves out that value alone. Android's consoles get a keyed app
state for every setting, Apple's get `com.apple.feedback.managed`.

| code | means | do |
|---|---|---|
| `missing` | A setting that must be there is not there. | Set it. |
| `wrong_type` | There is text where a number belongs, or the reverse. | Correct its type. |
| `malformed` | The value does not have the form of its setting. | Correct it. Where typographic quotes or dashes or hidden characters are named, enter it anew as plain text. |
| `out_of_range` | The number is beyond the setting's bounds. | Correct it. |
| `too_long` | The text is longer than the setting allows. | Shorten it. |
| `not_filled_in` | The management system did not replace a variable (a warning). | Check the variable's name. |
| `unknown_setting` | The app has no setting of that name (a warning; `gauze-phone enrol` refuses such a file). | Check its name, or update the app. |
| `root_changed` | It names another root than the phone has pinned. | Put the right fingerprint back. To change it, wipe the phone and enrol it again. |
| `tenant_changed`, `gateway_changed` | It names another organisation or gateway than the phone is enrolled with. | Put it back, or wipe the phone and enrol it again. |

Android's and AppConfig's consoles may give numbers as digits. An empty text is a setting that was not made. Fingerprints may have colons, spaces and capitals; certificates may
have lost their line ends.

"#;
