//! `cargo xtask bindings`: the generated Kotlin, Swift and Python, written where they are committed.

use crate::process::{cargo, quiet, run};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// One language: what is generated, and where it is committed.
struct Output {
    language: &'static str,
    files: &'static [(&'static str, &'static str)],
}

const OUTPUTS: [Output; 3] = [
    Output {
        language: "kotlin",
        files: &[("org/gauze/core/gauze.kt", "android/bridge/src/main/kotlin/org/gauze/core/gauze.kt")],
    },
    Output {
        language: "swift",
        files: &[
            ("GauzeCore.swift", "ios/Packages/Bridge/Sources/GauzeCore/GauzeCore.swift"),
            ("GauzeCoreFFI.h", "ios/Packages/Bridge/Sources/GauzeCoreFFI/include/GauzeCoreFFI.h"),
            ("GauzeCoreFFI.modulemap", "ios/Packages/Bridge/Sources/GauzeCoreFFI/include/module.modulemap"),
        ],
    },
    Output { language: "python", files: &[("gauze.py", "bindings/python/generated/gauze.py")] },
];

/// Where cargo puts what it builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

/// What the library of the generators and of the tests has besides what phones get.
pub(crate) const FEATURES: [&str; 2] =
    ["--features", "gauze-bindings/cli,gauze-bindings/desktop,gauze-bindings/faults"];

/// Builds the library that every generator and the tests of the other languages use, with its generator and every program.
///
/// The whole workspace in one go, as the tests build it: features are then resolved once, and nothing is compiled twice.
pub(crate) fn build(root: &Path) -> anyhow::Result<PathBuf> {
    run(cargo(root).args(["build", "--workspace", "--lib", "--bins"]).args(FEATURES))?;
    Ok(target(root).join("debug"))
}

/// Writes every generated file anew.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    for (path, text) in generate(root)? {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        crate::process::replace(&path, &text)?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

/// Says which committed files are not what the generators make of the present code.
pub(crate) fn stale(root: &Path) -> anyhow::Result<Vec<String>> {
    let generated = generate(root)?;
    let differs = |(path, text): &(&'static str, String)| {
        let committed = fs::read_to_string(root.join(path)).unwrap_or_default();
        committed != *text
    };
    let stale = generated.iter().filter(|file| differs(file));
    Ok(stale.map(|(path, _)| format!("{path} is stale: run `cargo xtask bindings`")).collect())
}

fn generate(root: &Path) -> anyhow::Result<Vec<(&'static str, String)>> {
    let built = build(root)?;
    let library = built.join(format!("{}gauze{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX));
    let scratch = target(root).join("generated");
    let mut files = Vec::new();
    for Output { language, files: names } in OUTPUTS {
        let out = scratch.join(language);
        let mut command = std::process::Command::new(built.join("uniffi-bindgen"));
        command.current_dir(root).arg("generate").arg(&library).args(["--language", language, "--no-format"]);
        quiet(command.arg("--out-dir").arg(&out))?;
        for (name, committed) in names {
            let text = fs::read_to_string(out.join(name)).with_context(|| (*name).to_owned())?;
            files.push((*committed, tidy(&text)));
        }
    }
    let surface = surface(&files);
    files.push(("bindings/surface.txt", surface));
    Ok(files)
}

/// Every exported function and method with the checksum of its signature and documentation.
fn surface(files: &[(&'static str, String)]) -> String {
    let python = files.iter().find(|(path, _)| path.ends_with(".py")).map_or("", |(_, text)| text.as_str());
    let checks = python.lines().filter_map(|line| {
        let (_, rest) = line.split_once("lib.uniffi_gauze_checksum_")?;
        let (name, rest) = rest.split_once("()")?;
        let checksum: String = rest.chars().filter(char::is_ascii_digit).collect();
        (rest.contains("!=")).then(|| format!("{name} {checksum}\n"))
    });
    checks.collect()
}

/// Trailing blanks are the generators' habit, not ours.
fn tidy(text: &str) -> String {
    let lines = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    format!("{}\n", lines.trim_end())
}
