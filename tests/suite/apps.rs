//! What the apps' sources say that no test here can watch: what the system photographs, backs up and lets keyboards learn, on phones that nobody has.
//!
//! Android's half of it is also run, on Robolectric (`KeyboardTest`, `ManifestTest`, `JourneyTest`); a source that is not there
//! yet has to come through the same doors, which these tests name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::shared::root;

pub const ANDROID: [&str; 3] =
    ["android/app/src/main/kotlin", "android/platform/src/main/kotlin", "android/logic/src/main/kotlin"];
pub const IOS: [&str; 7] = [
    "ios/App/Sources",
    "ios/App/Control",
    "ios/App/LockedCamera",
    "ios/Packages/Logic/Sources",
    "ios/Packages/Platform/Sources",
    "ios/Packages/Bridge/Sources/GauzeBridge",
    "ios/Packages/Bridge/Sources/GauzeAdapter",
];

/// Sources by their names, generated ones left out; those of one name are read as one.
pub type Sources = BTreeMap<String, String>;

pub fn sources(dirs: &[&str]) -> Sources {
    let mut found = Sources::new();
    for dir in dirs {
        collect(&root().join(dir), &mut found);
    }
    assert!(found.len() > 20, "{dirs:?} hold the sources");
    found
}

fn collect(dir: &Path, found: &mut Sources) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "kt" || kind == "swift") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.entry(name).or_default().push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// How often each source has one of `words`, where it has any.
fn having<'a>(sources: &'a Sources, words: &[&str]) -> Vec<(&'a str, usize)> {
    let times = |source: &str| words.iter().map(|word| source.matches(word).count()).sum();
    sources
        .iter()
        .map(|(name, source)| (name.as_str(), times(source)))
        .filter(|(_, times)| *times > 0)
        .collect()
}

/// From where `begin` stands to the next `end`.
pub fn between<'a>(source: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = source.split_once(begin).unwrap_or_else(|| panic!("no {begin}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} behind {begin}")).0
}

#[test]
fn no_keyboard_learns_or_corrects_what_is_typed_in_either_app() {
    let android = sources(&ANDROID);
    assert_eq!(
        having(&android, &["TextField(", "EditText", "WebView("]),
        [("Parts.kt", 1)],
        "a second way to type"
    );
    let field = between(&android["Parts.kt"], "fun Field(", "\n}\n");
    assert!(
        field.contains("InterceptPlatformTextInput(unlearnt)") && field.contains("TextField("),
        "{field}"
    );
    assert!(
        field.contains("autoCorrectEnabled = false") && field.contains("KeyboardType.Password"),
        "{field}"
    );

    let ios = sources(&IOS);
    let fields = ["TextField", "TextEditor", "SecureField", "UITextField", ": UITextView {", ".searchable("];
    assert_eq!(having(&ios, &fields), [("Typing.swift", 1)], "a second way to type");
    assert_eq!(having(&ios, &["Typing("]), [("Parts.swift", 1)], "a second way to show it");
    let field = between(&ios["Parts.swift"], "struct Entered: View {", "\n}\n");
    assert!(field.contains("Typing(") && field.contains(".privacySensitive()"), "{field}");
    let typed = &ios["Typing.swift"];
    for said in [
        "autocorrectionType = .no",
        "autocapitalizationType = .none",
        "spellCheckingType = .no",
        "inlinePredictionType = .no",
        "writingToolsBehavior = .none",
    ] {
        assert!(typed.contains(said), "{said}: {typed}");
    }
    let others = between(&ios["AppDelegate.swift"], "shouldAllowExtensionPointIdentifier", "}\n");
    assert!(others.contains("extensionPointIdentifier != .keyboard"), "keyboards of other makers: {others}");
}

/// What is typed names people: it is pasted over, and goes to no clipboard. Android's half is run by `KeyboardTest`, what iOS offers by `TypedTests`.
#[test]
fn neither_app_puts_what_is_typed_on_a_clipboard() {
    let android = sources(&ANDROID);
    let outside = [
        "SelectionContainer",
        "ClipboardManager",
        "setPrimaryClip",
        "setText(",
        "ClipData",
        " ClipEntry(",
        "(ClipEntry(",
    ];
    assert_eq!(having(&android, &outside), []);
    let field = between(&android["Parts.kt"], "fun Field(", "\n}\n");
    assert!(field.contains("PasteOnly"), "{field}");

    let ios = sources(&IOS);
    assert_eq!(
        having(
            &ios,
            &["UIPasteboard", ".textSelection(", "UIActivityViewController", "ShareLink", ".draggable("]
        ),
        []
    );
    let typed = between(&ios["Typing.swift"], "final class TypedView: UITextView {", "\n}\n");
    for said in [
        "EditActions.offers(NSStringFromSelector(action)) && super",
        "override func copy(_ sender: Any?) {}",
        "override func cut(_ sender: Any?) {}",
        "editingInteractionConfiguration: UIEditingInteractionConfiguration { .none }",
        "textDragInteraction?.isEnabled = false",
    ] {
        assert!(typed.contains(said), "{said}: {typed}");
    }
}

#[test]
fn what_the_system_photographs_of_either_app_shows_nothing() {
    let android = sources(&ANDROID);
    let windows = having(
        &android,
        &[": ComponentActivity()", ": Activity()", ": FragmentActivity()", ": AppCompatActivity()"],
    );
    assert_eq!(windows, [("LockedCameraActivity.kt", 1), ("MainActivity.kt", 1)]);
    for (name, _) in windows {
        let before = between(&android[name], "override fun onCreate(", "setContent {");
        assert!(before.contains("keepToItself()"), "{name}: {before}");
    }
    let closed = &android["Closed.kt"];
    assert!(closed.contains("addFlags(WindowManager.LayoutParams.FLAG_SECURE)"), "{closed}");
    assert!(closed.contains("setRecentsScreenshotEnabled(false)"), "{closed}");
    assert_eq!(
        having(&android, &["clearFlags(", "Dialog(", "Popup("]),
        [],
        "a window of its own has to be closed too"
    );

    let ios = sources(&IOS);
    assert_eq!(having(&ios, &["WindowGroup {"]), [("GauzeApp.swift", 1)]);
    let app = &ios["GauzeApp.swift"];
    assert!(app.contains("WindowGroup { RootView(graph: delegate.graph) }"), "{app}");
    let window = between(app, "ZStack {", ".onAppear");
    let (screens, cover) =
        (window.find("ScreensView(").unwrap(), window.find("if phase != .active { Cover() }").unwrap());
    assert!(screens < cover, "what comes later lies above: {window}");
    assert!(
        between(app, "struct Cover: View {", "\n}\n").contains(".ignoresSafeArea()"),
        "it leaves no edge"
    );
    // What lies above the window lies above its cover.
    let above = [".sheet(", ".fullScreenCover(", ".popover(", ".alert(", ".confirmationDialog("];
    assert_eq!(having(&ios, &above), []);
}

#[test]
fn nothing_of_either_app_lies_where_backups_look() {
    let android = sources(&ANDROID);
    let outside = [
        "filesDir",
        "cacheDir",
        "SharedPreferences",
        "openFileOutput",
        "openOrCreateDatabase",
        "ExternalFiles",
        "dataDir",
        "createTempFile",
    ];
    assert_eq!(having(&android, &outside), []);
    assert!(android["AppGraph.kt"].contains("File(context.noBackupFilesDir, \"gauze\")"));
    let manifest = std::fs::read_to_string(root().join("android/app/src/main/AndroidManifest.xml")).unwrap();
    for said in [
        "android:allowBackup=\"false\"",
        "android:fullBackupContent=\"false\"",
        "android:dataExtractionRules=\"@xml/nothing_leaves\"",
    ] {
        assert!(manifest.contains(said), "{said}");
    }

    let ios = sources(&IOS);
    assert_eq!(having(&ios, &["isExcludedFromBackup = true"]), [("System.swift", 1)]);
    let places = [
        "Directory, in:",
        "NSHomeDirectory",
        "NSTemporaryDirectory",
        "temporaryDirectory",
        "URL.documents",
        "URL.caches",
    ];
    assert_eq!(having(&ios, &places), [("AppGraph.swift", 1)], "a second place for files");
    let opening = between(&ios["AppGraph.swift"], "func core() -> ", "\n    }\n");
    let (prepared, opened) =
        (opening.find("SystemDisk.prepare(dir)").unwrap(), opening.find("RustCore.open(").unwrap());
    assert!(prepared < opened, "{opening}");
    let judged = between(&ios["System.swift"], "func protection(", "\n    }\n");
    assert!(
        judged.contains(".isExcludedFromBackup == true else { return .wrong }"),
        "what could not be kept out is not opened: {judged}"
    );
}

/// Both offer nothing to send where nothing waits, and ask for the hospital's word whenever somebody comes back: that is what the
/// sentences say to do where photos are not shown.
#[test]
fn both_apps_ask_for_the_hospitals_word_when_they_are_opened_and_send_no_empty_list() {
    let (android, ios) = (sources(&ANDROID), sources(&IOS));
    assert!(
        android["Looking.kt"]
            .contains("MainAction(Word.QueueSend, !state.sending && !state.items.isNullOrEmpty())")
    );
    assert!(
        ios["Looking.swift"].contains("MainAction(.queueSend, enabled: !state.sending && !items.isEmpty)")
    );
    assert!(
        between(&android["Screens.kt"], "fun resumed() {", "\n    }\n")
            .contains("graph.uploads.schedule(0, asked = false)")
    );
    assert!(
        between(&ios["Screens.swift"], "func resumed() {", "\n    }\n")
            .contains("graph.uploads.schedule(asked: false)")
    );
    let sentences =
        std::fs::read_to_string(root().join("android/app/src/main/res/values/strings.xml")).unwrap();
    for name in ["error_review_off", "error_review_key_gone", "error_silent"] {
        let sentence = between(&sentences, &format!("name=\"{name}\">"), "</string>");
        assert!(sentence.contains("leave this app and open it again"), "{name}: {sentence}");
    }
}

/// Each of these guards what it shares by a lock or a queue of its own, and says so beside it; the compiler judges all others.
#[test]
fn only_these_classes_answer_for_their_own_threads() {
    let ios = sources(&IOS);
    let named: BTreeSet<_> = [
        "Answered",
        "Confirmed",
        "Grant",
        "GravityLevel",
        "ManagedSettings",
        "Observer",
        "Picture",
        "ScaleMarker",
        "SystemCamera",
        "Turn",
        "Uploads",
    ]
    .into();
    let classes: Vec<_> = ios
        .values()
        .flat_map(|source| source.lines())
        .filter(|line| line.contains("@unchecked"))
        .map(|line| line.split_once("class ").unwrap_or_else(|| panic!("no class: {line}")).1)
        .map(|rest| rest.split([':', '<', ' ']).next().unwrap())
        .collect();
    assert_eq!(classes.iter().copied().collect::<BTreeSet<_>>(), named);
    assert_eq!(classes.len(), named.len(), "{classes:?}");
    assert_eq!(
        having(&ios, &["nonisolated(unsafe)", "@preconcurrency", "unsafeBitCast", "assumeIsolated"]),
        []
    );
}

/// A closure that is formed in a class of the main actor belongs to it, and Swift 6 ends an app where the system calls it on another
/// queue. Apple's own declarations do not tell, so the compiler does not.
#[test]
fn what_the_system_calls_on_its_own_queues_belongs_to_no_main_actor() {
    let calls = ["register(forTaskWithIdentifier:", "expirationHandler =", "ASWebAuthenticationSession("];
    let ios = sources(&IOS);
    let lines = |of_actors: bool| {
        let sources = ios.values().filter(move |source| source.contains("@MainActor") == of_actors);
        sources.flat_map(|source| source.lines()).filter(|line| calls.iter().any(|call| line.contains(call)))
    };
    assert_eq!(
        lines(true).filter(|line| !line.contains("@Sendable")).collect::<Vec<_>>(),
        Vec::<&str>::new()
    );
    assert_eq!(lines(true).chain(lines(false)).count(), calls.len(), "each is there once");
}

/// Android Studio builds the same sources with the same versions: `android/pom.xml` has each once, for Maven and for Gradle.
#[test]
fn every_version_that_gradle_reads_is_one_that_maven_builds_with() {
    let read = |path: &str| std::fs::read_to_string(root().join("android").join(path)).unwrap();
    let gradle = read("build.gradle.kts");
    let modules = ["", "bridge/", "logic/", "framework/", "platform/", "app/", "lint/"];
    let poms = modules.map(|module| read(&format!("{module}pom.xml"))).concat();
    let named: BTreeSet<_> = gradle
        .split("version(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .filter(|name| name.ends_with(".version"))
        .collect();
    assert!(named.len() > 10, "{named:?}");
    let unused: Vec<_> = named.iter().filter(|name| !poms.contains(&format!("${{{name}}}"))).collect();
    assert_eq!(unused, Vec::<&&str>::new(), "Maven builds with a version that is written out");
    let written = gradle
        .as_bytes()
        .windows(3)
        .any(|at| matches!(at, [one, b'.', other] if one.is_ascii_digit() && other.is_ascii_digit()));
    assert!(!written, "a version is written out in build.gradle.kts");
}
