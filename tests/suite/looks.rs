//! What both apps look like and say, as far as their sources tell: colours that are told apart, words that somebody reads.

use std::collections::BTreeMap;

use crate::apps::{ANDROID, IOS, between, sources};
use crate::shared::root;

/// Colours by their names.
type Palette = BTreeMap<String, u32>;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Each `name` before `sign` and six digits, as a name is written in its language.
fn named(text: &str, sign: &str) -> Palette {
    let mut found = Palette::new();
    for (before, after) in text.match_indices(sign).map(|(at, _)| (&text[..at], &text[at + sign.len()..])) {
        let name = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap();
        found.insert(name.to_owned(), u32::from_str_radix(&after[..6], 16).unwrap());
    }
    found
}

/// Material's names, and those that Material has none for.
fn android(scheme: &str) -> Palette {
    let theme = read("android/app/src/main/kotlin/org/gauze/app/ui/Theme.kt")
        .replace("Color.White", "Color(0xFFFFFFFF)");
    let mut palette = named(
        between(&theme, &format!("private val {scheme} = {scheme}ColorScheme("), "\n)"),
        " = Color(0xFF",
    );
    let order = between(&theme, "class Tones(", ")");
    let tones = between(&theme, &format!("private val {scheme}Tones = Tones("), "\n");
    let values = tones.split("Color(0xFF").skip(1).map(|value| u32::from_str_radix(&value[..6], 16).unwrap());
    let names = order.split("val ").skip(1).map(|name| name.split(':').next().unwrap().to_owned());
    palette.extend(names.zip(values));
    palette
}

fn ios(scheme: &str) -> Palette {
    let theme = read("ios/App/Sources/UI/Theme.swift");
    named(between(&theme, &format!("static let {scheme} = Tones("), "\n    )"), ": rgb(0x")
}

/// As the Web Content Accessibility Guidelines reckon it, 1 to 21.
fn contrast(one: u32, other: u32) -> f64 {
    let light = |colour: u32| {
        let part = |shift: u32| {
            let value = f64::from(colour >> shift & 0xff) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    };
    let (one, other) = (light(one) + 0.05, light(other) + 0.05);
    (one / other).max(other / one)
}

#[test]
fn contrast_is_reckoned_as_the_guidelines_do() {
    assert!(
        (contrast(0xFF_FFFF, 0) - 21.0).abs() < 1e-9 && (contrast(0x12_3456, 0x12_3456) - 1.0).abs() < 1e-9
    );
    let told = [(0x76_7676, true), (0x77_7777, false), (0xFF_0000, false)];
    for (colour, enough) in told {
        assert_eq!(contrast(colour, 0xFF_FFFF) >= TEXT, enough, "{colour:06X}");
    }
}

/// What level AA asks of text, and of borders and marks.
const TEXT: f64 = 4.5;
const SHAPE: f64 = 3.0;

/// What stands on what in the views, and how far apart any two are at least.
type Pairs = (&'static [&'static str], &'static [&'static str], f64);

const ANDROIDS: [Pairs; 6] = [
    (
        &["onSurface", "primary", "error", "warning", "good", "information", "muted"],
        &["surface", "background"],
        TEXT,
    ),
    (
        &["onSurface", "onSurfaceVariant", "error", "warning", "good", "information"],
        &["surfaceVariant"],
        TEXT,
    ),
    (&["onSurfaceVariant", "onBackground"], &["surface", "background"], TEXT),
    (&["onPrimary"], &["primary"], TEXT),
    (&["onSecondaryContainer"], &["secondaryContainer"], TEXT),
    (&["outline", "line", "primary"], &["surface", "surfaceVariant"], SHAPE),
];
const APPLES: [Pairs; 3] = [
    (&["ink", "muted", "primary", "danger", "warning", "good"], &["surface", "raised"], TEXT),
    (&["onPrimary"], &["primary"], TEXT),
    (&["line"], &["surface", "raised"], SHAPE),
];

#[test]
fn what_is_read_or_told_apart_has_its_contrast_in_both_apps_light_and_dark() {
    for scheme in ["light", "dark"] {
        for (palette, pairs) in [(android(scheme), &ANDROIDS as &[_]), (ios(scheme), &APPLES)] {
            let colour = |name: &str| {
                *palette.get(name).unwrap_or_else(|| panic!("no {name} in {scheme}: {palette:?}"))
            };
            for (over, under, least) in pairs {
                for (over, under) in over.iter().flat_map(|over| under.iter().map(move |under| (over, under)))
                {
                    let found = contrast(colour(over), colour(under));
                    assert!(found >= *least, "{scheme}: {over} on {under} is {found:.1}, and not {least}");
                }
            }
            let named: Vec<_> = pairs.iter().flat_map(|(over, under, _)| over.iter().chain(*under)).collect();
            let rest: Vec<_> = palette.keys().filter(|name| !named.contains(&&name.as_str())).collect();
            // On a mistake's own colour nothing is written yet.
            assert!(
                rest.iter().all(|name| *name == "onError"),
                "{scheme}: nobody asks how far apart {rest:?} are"
            );
        }
    }
}

#[test]
fn both_apps_have_the_colours_of_the_page_and_its_figures_are_right() {
    let page = read("docs/look.md");
    let rows = [
        ("ink", "onSurface", "ink"),
        ("muted", "muted", "muted"),
        ("line, border of fields", "line", "line"),
        ("primary, and what stands on it", "primary", "primary"),
        ("danger", "error", "danger"),
        ("warning", "warning", "warning"),
        ("good", "good", "good"),
    ];
    for (column, scheme) in ["light", "dark"].into_iter().enumerate() {
        let (android, ios) = (android(scheme), ios(scheme));
        assert_eq!((android["surface"], android["surfaceVariant"]), (ios["surface"], ios["raised"]));
        for (row, androids, apples) in rows {
            let cell = between(&page, &format!("\n| {row} |"), "\n").split('|').nth(column).unwrap().trim();
            let told = |colour: u32| {
                let figures =
                    [ios["surface"], ios["raised"]].map(|under| format!("{:.1}", contrast(colour, under)));
                format!("#{colour:06X} ({})", figures.join(", "))
            };
            for colour in [android[androids], ios[apples]] {
                assert!(cell.starts_with(&told(colour)), "{scheme} {row}: {cell}, and not {}", told(colour));
            }
        }
    }
}

/// A sentence that nobody reads is translated, kept right, and looked for by whoever wants to know where it is said.
#[test]
fn every_sentence_is_said_somewhere_in_both_apps() {
    let manifest = read("android/app/src/main/AndroidManifest.xml");
    let android: String = sources(&ANDROID).into_values().chain([manifest]).collect();
    let ios: String =
        sources(&IOS).into_iter().filter(|(name, _)| name != "Word.swift").map(|(_, text)| text).collect();
    let sentences = read("android/app/src/main/res/values/strings.xml");
    let names: Vec<_> =
        sentences.split("<string name=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(names.len() > 300, "{names:?}");
    // Of codes WordsTest knows; and Apple's system shows no note but a number.
    let (codes, notes) = (|name: &str| name.starts_with("error_"), |name: &str| name.starts_with("notes_"));
    let unsaid: Vec<_> = names
        .into_iter()
        .filter(|name| !codes(name))
        .filter(|name| {
            let word: String = name.split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect();
            let androids = [format!("Word.{word}"), format!("R.string.{name}"), format!("@string/{name}")];
            let apples = format!(".{}{}", word[..1].to_lowercase(), &word[1..]);
            !androids.iter().any(|word| says(&android, word)) || !notes(name) && !says(&ios, &apples)
        })
        .collect();
    assert_eq!(unsaid, Vec::<&str>::new());
}

/// Whether `text` has `word`, and not only the beginning of a longer one.
fn says(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[at + word.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
    })
}
