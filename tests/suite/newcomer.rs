//! The pages' own commands, in order, from an empty directory.

use std::path::Path;
use std::process::Stdio;

use gauze_tests::port::free_port;
use gauze_tests::programs::{attempt, program};
use gauze_tests::skipped::skipped;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::fixture::pictures;

/// The commands of the `sh` blocks under a heading of a page, without their comments.
fn commands(page: &str, heading: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let under = text.lines().skip_while(|line| *line != heading).skip(1);
    let (mut found, mut inside) = (Vec::new(), false);
    for line in under.take_while(|line| inside_or_text(line)) {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside && !line.is_empty() => {
                found.push(line.split(" # ").next().unwrap_or(line).trim().to_owned());
            }
            _ => {}
        }
    }
    assert!(!found.is_empty(), "{heading} has commands");
    found
}

fn inside_or_text(line: &str) -> bool {
    !line.starts_with("## ")
}

/// Runs a command line to its end, or in the background where it ends with `&`: until it says that it is ready.
async fn carry_out(line: &str, dir: &Path) -> (String, Option<Child>) {
    let words: Vec<&str> = line.trim_end_matches(" &").split(' ').collect();
    let (name, arguments) = (words[0], &words[1..]);
    if !line.ends_with(" &") {
        let ended = attempt(name, arguments, dir).await.unwrap();
        assert_eq!(ended.code, Some(0), "{line}\n{}{}", ended.stdout, ended.stderr);
        return (ended.stdout, None);
    }
    let mut child = Command::new(program(name).unwrap())
        .args(arguments)
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let ready = BufReader::new(child.stdout.take().unwrap()).lines().next_line().await.unwrap();
    (ready.unwrap_or_else(|| panic!("{line} ended at once")), Some(child))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_gets_from_an_empty_directory_to_a_filed_photo() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port().unwrap().to_string();
    std::fs::rename(&pictures(dir.path(), 1)[0], dir.path().join("wound.jpg")).unwrap();
    let lines = commands("docs/operating.md", "## A trial in fifteen minutes");
    let done = lines.iter().filter(|line| !line.ends_with("--check")).count();
    assert!(done <= 10, "{done} commands");
    let (mut running, mut last) = (Vec::new(), String::new());
    for line in lines {
        let (told, child) = carry_out(&line.replace("8443", &port), dir.path()).await;
        assert!(!told.contains("FAILED"), "{line}\n{told}");
        running.extend(child);
        last = told;
    }
    assert!(last.lines().any(|line| line.starts_with("filed ")), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manuals_certificate_is_one_that_the_records_side_believes() {
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        return skipped("openssl is not here");
    }
    let dir = tempfile::tempdir().unwrap();
    let port = free_port().unwrap().to_string();
    let url = format!("https://localhost:{port}");
    let run = async |line: String| carry_out(&line, dir.path()).await;
    run(format!("gauze-gateway init --data gateway --url {url} --tenant ward-9")).await;
    for line in commands("docs/operating.md", "## Certificates") {
        let line = line.replace("gauze.example.org", "localhost");
        let ended = Command::new("sh").args(["-c", &line]).current_dir(dir.path()).output().await.unwrap();
        assert!(ended.status.success(), "{line}\n{}", String::from_utf8_lossy(&ended.stderr));
    }
    run("gauze-records init --keys keys --gateway gateway.json --ca ca.pem".to_owned()).await;
    run("gauze-gateway init --data gateway --from hospital.json".to_owned()).await;
    let serve = format!("gauze-gateway serve --data gateway --listen localhost:{port}");
    let (told, _) = run(format!("{serve} --check")).await;
    assert!(told.contains("for localhost, until"), "{told}");
    let _gateway = run(format!("{serve} &")).await;
    let (told, _) = run("gauze-records serve --data records --keys keys --check".to_owned()).await;
    assert!(told.contains("answers and knows this side"), "{told}");
}
