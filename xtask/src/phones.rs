//! The core for phones, as far as a machine without an NDK and without Xcode can tell: it type-checks for the phones'
//! targets, and links for Android to be weighed. Nothing made here ever runs on a phone; `package` makes what does.
//!
//! Debian ships a second Rust with its standard library's sources; that, clang and the headers of its cross compilers
//! are enough. The TLS provider's C code is compiled for real on Android; for iOS against stand-ins for
//! the few Apple headers that it includes.

use crate::bindings::target;
use crate::debian;
use crate::process::{on_path, quiet, replace, run, unlike_under_cargo};
use anyhow::{Context as _, bail, ensure};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
/// Debian's packages that all of this needs.
const PACKAGES: [&str; 8] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "clang-16",
    "lld-16",
    "llvm-16",
    "libc6-dev-arm64-cross",
    "libc6-dev-armel-cross",
];

/// A kind of phone.
struct Phone {
    target: &'static str,
    clang: &'static str,
    /// Headers of the C library; the phone's own are not here.
    headers: &'static [&'static str],
}

const PHONES: [Phone; 4] = [
    Phone {
        target: "aarch64-linux-android",
        clang: "aarch64-linux-android24",
        headers: &["/usr/aarch64-linux-gnu/include"],
    },
    Phone {
        target: "armv7-linux-androideabi",
        clang: "armv7a-linux-androideabi24",
        headers: &["/usr/arm-linux-gnueabi/include"],
    },
    Phone {
        target: "x86_64-linux-android",
        clang: "x86_64-linux-android24",
        headers: &["/usr/include", "/usr/include/x86_64-linux-gnu"],
    },
    Phone { target: "aarch64-apple-ios", clang: "arm64-apple-ios16.0", headers: &[] },
];

/// `cargo xtask ci targets`: core and bindings type-check for each kind of phone.
pub(crate) fn targets(root: &Path) -> anyhow::Result<()> {
    prepare()?;
    for phone in &PHONES {
        run(cargo(root, &scratch(root), phone, "check")?.args(["-p", "gauze-core", "-p", "gauze-bindings"]))?;
    }
    println!("{} targets type-check", PHONES.len());
    Ok(())
}

/// `cargo xtask ci size`: the stripped arm64 Android library weighs no more than its ceiling.
pub(crate) fn size(root: &Path) -> anyhow::Result<()> {
    let file = root.join("bindings/android-size-ceiling.txt");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let ceiling: u64 = text.trim().parse().context("the ceiling is a number of bytes")?;
    let size = weigh(root)?;
    println!("the stripped arm64 Android library: {size} bytes, ceiling {ceiling}");
    ensure!(
        size <= ceiling,
        "the library grew past its ceiling: find out why, or raise it in {}",
        file.display()
    );
    Ok(())
}

/// Links the arm64 Android library against stand-ins for the system's, strips it, and returns its length in bytes.
pub(crate) fn weigh(root: &Path) -> anyhow::Result<u64> {
    Ok(fs::metadata(link(root, &scratch(root))?)?.len())
}

/// Where all of this is built.
pub(crate) fn scratch(root: &Path) -> PathBuf {
    target(root).join("phones")
}

/// As [`weigh`], and returns where below `scratch` the library is. No phone loads it: what it needs of the system is a stand-in.
pub(crate) fn link(root: &Path, scratch: &Path) -> anyhow::Result<PathBuf> {
    prepare()?;
    let phone = &PHONES[0];
    let stubs = scratch.join("stubs");
    fs::create_dir_all(&stubs)?;
    for library in ["libc", "libm", "libdl", "liblog", "libunwind", "libgcc"] {
        let name = format!("{library}.so");
        empty_library(&stubs.join(&name), &name)?;
    }
    // rustc guesses the linker's flavour from its name.
    let linker = scratch.join("android-clang");
    let script = format!(
        "#!/bin/sh\nexec clang-16 --target={} -fuse-ld=lld-16 -nostdlib -nostartfiles \
         -Wl,--unresolved-symbols=ignore-all -Wl,-z,max-page-size=16384 -L{} \"$@\"\n",
        phone.clang,
        stubs.display()
    );
    replace(&linker, &script)?;
    quiet(Command::new("chmod").arg("755").arg(&linker))?;
    let mut build = cargo(root, scratch, phone, "rustc")?;
    build
        .args(["-p", "gauze-bindings", "--lib", "--crate-type", "cdylib", "--profile", "phone"])
        .env("CARGO_TARGET_AARCH64_LINUX_ANDROID_LINKER", &linker);
    run(&mut build)?;
    let built = scratch.join(phone.target).join("phone/libgauze.so");
    let stripped = scratch.join("libgauze.so");
    quiet(Command::new("llvm-strip-16").arg("-o").arg(&stripped).arg(&built))?;
    Ok(stripped)
}

fn empty_library(path: &Path, name: &str) -> anyhow::Result<()> {
    let source = path.with_extension("c");
    replace(&source, "")?;
    let mut link = Command::new("clang-16");
    link.args(["--target=aarch64-linux-android24", "-fuse-ld=lld-16", "-nostdlib", "-shared"]);
    quiet(link.arg(format!("-Wl,-soname,{name}")).arg("-o").arg(path).arg(source)).map(drop)
}

fn prepare() -> anyhow::Result<()> {
    let there = || {
        Path::new(RUSTC).is_file()
            && ["clang-16", "ld.lld-16", "llvm-strip-16"].iter().all(|program| on_path(program).is_some())
            && PHONES.iter().all(|phone| phone.headers.iter().all(|dir| Path::new(dir).is_dir()))
    };
    if !there() {
        debian::install_packages(&PACKAGES)?;
    }
    if there() {
        return Ok(());
    }
    bail!(
        "this needs Debian 12's packages {}; on another system use `cargo xtask package`",
        PACKAGES.join(", ")
    )
}

/// What this machine's own places are called in a library that leaves it, where a panic tells of its source. A place that lies in
/// another comes after it, for rustc goes by the last that fits.
pub(crate) fn places(root: &Path, scratch: &Path) -> Vec<(PathBuf, &'static str)> {
    let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    let registry = env::var_os("CARGO_HOME").map(|dir| root.join(dir)).or(home);
    let mut places = vec![(root.to_path_buf(), "/gauze"), (scratch.to_path_buf(), "/built")];
    places.extend(registry.map(|dir| (dir, "/cargo")));
    places
}

/// The library names none of [`places`]: what is built elsewhere of the same sources is the same. `more` goes to rustc too.
pub(crate) fn placeless(cargo: &mut Command, root: &Path, scratch: &Path, more: &[&str]) {
    let renamed = places(root, scratch).into_iter().map(|(place, name)| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(place);
        flag.push("=");
        flag.push(name);
        flag
    });
    let flags: Vec<OsString> = more.iter().map(OsString::from).chain(renamed).collect();
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsStr::new("\x1f")));
}

fn cargo(root: &Path, scratch: &Path, phone: &Phone, command: &str) -> anyhow::Result<Command> {
    let mut flags = format!("--target={}", phone.clang);
    let sdk = apple_stand_in(scratch)?;
    if phone.target.ends_with("apple-ios") {
        flags.push_str(&format!(" -isystem {} -Wno-everything", sdk.join("include").display()));
    }
    for headers in phone.headers {
        flags.push_str(&format!(" -isystem {headers}"));
    }
    let name = phone.target.replace('-', "_");
    let mut cargo = Command::new(CARGO);
    unlike_under_cargo(&mut cargo);
    placeless(&mut cargo, root, scratch, &[]);
    cargo
        .current_dir(root)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", RUSTC)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("SDKROOT", &sdk)
        .env(format!("CC_{name}"), "clang-16")
        .env(format!("AR_{name}"), "llvm-ar-16")
        .env(format!("CFLAGS_{name}"), flags)
        .args([command, "-Zbuild-std=std,panic_unwind", "--target", phone.target, "--target-dir"])
        .arg(scratch);
    Ok(cargo)
}

/// What the TLS provider's C code includes of Apple's headers, as far as it needs it: declarations to compile against.
const APPLE_HEADERS: [(&str, &str); 4] = [
    (
        "TargetConditionals.h",
        "#define TARGET_OS_MAC 1\n#define TARGET_OS_IPHONE 1\n#define TARGET_OS_IOS 1\n#define TARGET_OS_OSX 0\n",
    ),
    (
        "string.h",
        "#include <stddef.h>\nvoid *memcpy(void *, const void *, size_t);\n\
         void *memmove(void *, const void *, size_t);\nvoid *memset(void *, int, size_t);\n\
         int memcmp(const void *, const void *, size_t);\nsize_t strlen(const char *);\n",
    ),
    ("stdlib.h", "#include <stddef.h>\n_Noreturn void abort(void);\n"),
    ("assert.h", "#define assert(x) ((void)(x))\n"),
];

fn apple_stand_in(scratch: &Path) -> anyhow::Result<PathBuf> {
    let sdk = scratch.join("sdk");
    fs::create_dir_all(sdk.join("include"))?;
    for (name, text) in APPLE_HEADERS {
        replace(&sdk.join("include").join(name), text)?;
    }
    Ok(sdk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_names_no_place_of_this_machine_and_what_lies_in_another_is_renamed_after_it() {
        let (root, scratch) = (Path::new("/srv/her/gauze"), Path::new("/srv/her/gauze/target/phones"));
        let mut cargo = Command::new("cargo");
        placeless(&mut cargo, root, scratch, &["-C", "link-arg=-z"]);
        let (_, flags) = cargo.get_envs().find(|(name, _)| *name == "CARGO_ENCODED_RUSTFLAGS").unwrap();
        let flags: Vec<&str> = flags.unwrap().to_str().unwrap().split('\x1f').collect();
        let (ours, registry) = flags.split_at(4);
        assert_eq!(
            ours,
            [
                "-C",
                "link-arg=-z",
                "--remap-path-prefix=/srv/her/gauze=/gauze",
                "--remap-path-prefix=/srv/her/gauze/target/phones=/built"
            ]
        );
        assert!(registry.iter().all(|flag| flag.ends_with("=/cargo")) && registry.len() < 2, "{registry:?}");
    }
}
