//! Other people's programs open what we seal, and we open what they seal.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gauze_seal::age::{Identity, Recipient, Recipients, Unwrap, open_small, parse_identity_file, seal_small};
use gauze_seal::{Entropy, EntropyError};
use gauze_tests::skipped::skipped;

use crate::fixture::{pictures, sealed_path, ward};
use crate::shared::tool;

struct Urandom;

impl Entropy for Urandom {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        use std::io::Read as _;
        std::fs::File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(out))
            .map_err(|_| EntropyError)
    }
}

const PLAIN: &[u8] = b"one line that travels both ways\n";

fn write(path: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), bytes).unwrap();
}

fn stdout(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn identities() -> [Identity; 2] {
    [Identity::make_x25519(&mut Urandom).unwrap(), Identity::make_mlkem768x25519(&mut Urandom).unwrap()]
}

/// Both directions with a program of `age`'s command line.
fn both_ways(age: &Path, identity: &Identity) {
    let dir = tempfile::tempdir().unwrap();
    let [key, ours, plain, theirs] =
        ["key.txt", "ours.age", "plain", "theirs.age"].map(|n| dir.path().join(n));
    write(&key, identity.to_secret_text().as_bytes());
    let recipient = identity.to_recipient();
    let to = Recipients::new([recipient.clone()]).unwrap();
    write(&ours, &seal_small(&to, &mut Urandom, PLAIN).unwrap());
    assert_eq!(stdout(Command::new(age).arg("-d").arg("-i").arg(&key).arg(&ours)), PLAIN);
    write(&plain, PLAIN);
    stdout(Command::new(age).args(["-r", &recipient.to_string(), "-o"]).arg(&theirs).arg(&plain));
    let sealed = std::fs::read(&theirs).unwrap();
    assert_eq!(open_small(&[identity as &dyn Unwrap], &sealed).unwrap().as_slice(), PLAIN);
}

#[test]
fn the_go_age_command_opens_ours_and_we_open_its() {
    let Some(age) = go_age() else { return };
    for identity in &identities() {
        both_ways(&age, identity);
    }
}

/// `age` 1.3 or newer, which speaks post-quantum.
fn go_age() -> Option<PathBuf> {
    let dir = std::env::var_os("GAUZE_TOOLS").map(PathBuf::from);
    let age = dir.map(|dir| dir.join("bin/age")).filter(|path| path.is_file());
    if age.is_none() {
        skipped("age 1.3 not found");
    }
    age
}

#[test]
fn debians_age_opens_ours_and_we_open_its() {
    let debian = PathBuf::from("/usr/bin/age");
    if !debian.is_file() {
        skipped("Debian's age not found");
        return;
    }
    both_ways(&debian, &identities()[0]);
}

#[test]
fn the_npm_age_package_opens_ours_and_we_open_its() {
    let Some(node) = tool("node", "") else { return };
    let tools = std::env::var_os("GAUZE_TOOLS").map(PathBuf::from);
    let Some(modules) =
        tools.map(|dir| dir.join("npm")).filter(|npm| npm.join("node_modules/age-encryption").is_dir())
    else {
        skipped("age-encryption not found");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let script = modules.join("both-ways.mjs");
    write(
        &script,
        br#"import { Encrypter, Decrypter } from "age-encryption";
import { readFileSync, writeFileSync } from "node:fs";
const [identity, recipient, ours, opened, theirs] = process.argv.slice(2);
const decrypter = new Decrypter();
decrypter.addIdentity(readFileSync(identity, "utf8").trim());
const plain = await decrypter.decrypt(readFileSync(ours));
writeFileSync(opened, plain);
const encrypter = new Encrypter();
encrypter.addRecipient(recipient);
writeFileSync(theirs, await encrypter.encrypt(plain));
"#,
    );
    for identity in &identities() {
        let [key, ours, opened, theirs] =
            ["key.txt", "ours.age", "opened", "theirs.age"].map(|n| dir.path().join(n));
        write(&key, identity.to_secret_text().as_bytes());
        let recipient: Recipient = identity.to_recipient();
        let to = Recipients::new([recipient.clone()]).unwrap();
        write(&ours, &seal_small(&to, &mut Urandom, PLAIN).unwrap());
        stdout(
            Command::new(&node)
                .arg(&script)
                .arg(&key)
                .arg(recipient.to_string())
                .args([&ours, &opened, &theirs]),
        );
        assert_eq!(std::fs::read(&opened).unwrap(), PLAIN);
        let sealed = std::fs::read(&theirs).unwrap();
        assert_eq!(open_small(&[identity as &dyn Unwrap], &sealed).unwrap().as_slice(), PLAIN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_age_and_tar_open_a_photo_that_went_the_whole_way() {
    let Some(age) = go_age() else { return };
    let ward = ward("pq").await;
    let ids = ward.capture(&pictures(ward.hospital.home(), 1)).await;
    ward.deliver().await;
    let sealed = sealed_path(&ward.hospital, &ids[0]).await;
    let tar = stdout(Command::new(age).arg("-d").arg("-i").arg(ward.hospital.identity()).arg(sealed));
    let out = tempfile::tempdir().unwrap();
    write(&out.path().join("x.tar"), &tar);
    stdout(Command::new("tar").args(["xf", "x.tar"]).current_dir(out.path()));
    let names = ["record.json", "photo.jpg"].map(|name| out.path().join(name).is_file());
    assert_eq!(names, [true, true]);
    let identity = std::fs::read_to_string(ward.hospital.identity()).unwrap();
    assert_eq!(parse_identity_file(&identity).unwrap().len(), 1);
    ward.servers.stop().await;
}
