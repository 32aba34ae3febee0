//! What a program does to files, call by call, as `strace` sees it; and a program killed at one of these calls.
//!
//! Always: calls are in the order in which they ended, each with the time it began; those that failed are among them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use gauze_tests::programs::{Ended, program};
use gauze_tests::skipped::skipped;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A program that is traced takes seconds to start.
pub const READY_WITHIN: Duration = Duration::from_secs(120);

/// Calls that change files, or tell the world something: a kill between two of them leaves what a kill at the second does.
const CHANGES: [&str; 32] = [
    "open",
    "openat",
    "creat",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "truncate",
    "ftruncate",
    "fallocate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "sync",
    "syncfs",
    "sendto",
    "sendmsg",
    "copy_file_range",
    "sendfile",
];

/// Calls that say where the next `write` goes.
const PLACES: [&str; 5] = ["lseek", "close", "dup", "dup2", "fcntl"];

/// One call that came to an end.
#[derive(Debug)]
pub struct Call {
    pub thread: u32,
    pub began_us: u64,
    pub ended_us: u64,
    pub name: String,
    arguments: Vec<String>,
    /// Below 0 where it failed.
    pub result: i64,
    /// The file behind the descriptor it returned.
    pub opened: Option<PathBuf>,
}

/// A program's run.
pub struct Recording {
    pub calls: Vec<Call>,
    /// Where it ran.
    pub dir: PathBuf,
    pub stdout: String,
    pub code: Option<i32>,
}

/// Whether programs can be traced here; says so where not.
pub fn possible() -> bool {
    let there = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join("strace").is_file()));
    if !there {
        skipped("strace not found");
    }
    there
}

/// Runs one of our programs to its end, keeping each call with all it wrote.
pub async fn record(name: &str, arguments: &[&str], dir: &Path) -> Recording {
    let log = tempfile::NamedTempFile::new().unwrap();
    let output = recorder(log.path(), name, arguments, dir).output().await.unwrap();
    let calls = read(log.path());
    assert!(!calls.is_empty(), "nothing was traced: {}", String::from_utf8_lossy(&output.stderr));
    Recording {
        calls,
        dir: dir.to_owned(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        code: output.status.code(),
    }
}

fn recorder(log: &Path, name: &str, arguments: &[&str], dir: &Path) -> Command {
    let names: Vec<_> = CHANGES.iter().chain(&PLACES).map(|name| format!("?{name}")).collect();
    let mut recorder = strace(log);
    recorder.args(["-ttt", "-T", "-y", "-xx", "-s", "33554432"]);
    // Where some ends are left out, strace writes a call when it is over, in one line; else in halves.
    recorder.args(["-e", "status=successful,failed", "-e"]);
    recorder.arg(format!("trace={}", names.join(","))).arg(program(name).unwrap());
    recorder.args(arguments).current_dir(dir);
    recorder
}

fn read(log: &Path) -> Vec<Call> {
    std::fs::read_to_string(log).unwrap().lines().filter_map(Call::parse).collect()
}

/// A server that is recorded while it runs.
pub struct Recorder {
    log: tempfile::NamedTempFile,
    dir: PathBuf,
    tracer: Child,
}

impl Recorder {
    /// Starts it and waits until it says that it is ready.
    pub async fn start(name: &str, arguments: &[&str], dir: &Path) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut recorder = recorder(log.path(), name, arguments, dir);
        let mut tracer = recorder.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(tracer.stdout.take().unwrap()).lines();
        loop {
            let line = timeout(READY_WITHIN, lines.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("{name} does not say that it is ready")).unwrap();
            // The records side pulls before it serves pages.
            if !line.unwrap_or_else(|| panic!("{name} did not start")).starts_with("ready: pulling") {
                break;
            }
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { log, dir: dir.to_owned(), tracer }
    }

    /// Kills it: a power cut leaves no time to tidy up.
    pub async fn end(mut self) -> Recording {
        let server = self.tracer.id().and_then(traced).unwrap();
        rustix::process::kill_process(server, rustix::process::Signal::KILL).unwrap();
        self.tracer.wait().await.unwrap();
        Recording { calls: read(self.log.path()), dir: self.dir, stdout: String::new(), code: None }
    }
}

/// Runs one of our programs and kills it as one of its threads enters `call` for the `nth` time. Its code is `None` where
/// that came about, and 0 where no thread came so far.
pub async fn killed(call: &str, nth: u32, name: &str, arguments: &[&str], dir: &Path) -> Ended {
    let output = killer(call, nth, name, arguments, dir).output().await.unwrap();
    let (code, stderr) = (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(matches!(code, None | Some(0)), "{call} {nth}: {code:?}, {stderr}");
    Ended { code, stdout: String::from_utf8(output.stdout).unwrap(), stderr }
}

/// The command that does so.
pub fn killer(call: &str, nth: u32, name: &str, arguments: &[&str], dir: &Path) -> Command {
    let mut strace = strace(Path::new("/dev/null"));
    strace.args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:signal=KILL:when={nth}")]);
    strace.arg(program(name).unwrap()).args(arguments).current_dir(dir);
    strace
}

/// Ends what a tracer runs, if it still does; whether it had been killed before.
pub async fn end(tracer: &mut Child) -> bool {
    if tracer.try_wait().unwrap().is_some() {
        return true;
    }
    let alive = tracer.id().and_then(traced);
    if let Some(pid) = alive {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    tracer.wait().await.unwrap();
    alive.is_none()
}

/// The program that a tracer runs.
fn traced(tracer: u32) -> Option<rustix::process::Pid> {
    let children = std::fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).ok()?;
    rustix::process::Pid::from_raw(children.split_whitespace().next()?.parse().ok()?)
}

fn strace(log: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "signal=none", "-o"]).arg(log).stdin(Stdio::null()).kill_on_drop(true);
    strace
}

impl Recording {
    /// The points at which [`killed`] can kill this run: a call's name, and each number up to how many times one thread makes
    /// it, in vain or not, since strace counts both. Of the threads that make a call for the nth time, the first dies: what
    /// the others do at theirs is not tried.
    pub fn kill_points(&self) -> Vec<(&str, u32)> {
        let mut most: BTreeMap<&str, BTreeMap<u32, u32>> = BTreeMap::new();
        for call in self.calls.iter().filter(|call| CHANGES.contains(&call.name.as_str())) {
            *most.entry(&call.name).or_default().entry(call.thread).or_default() += 1;
        }
        let count = |(name, threads): (_, BTreeMap<u32, u32>)| {
            (1..=threads.into_values().max().unwrap_or(0)).map(move |nth| (name, nth))
        };
        most.into_iter().flat_map(count).collect()
    }
}

impl Recording {
    /// As [`Self::kill_points`], of the calls alone that are about a file below `dir`, each by its own thread's count.
    pub fn points_below(&self, dir: &Path) -> Vec<(String, u32)> {
        let mut made: BTreeMap<(u32, &str), u32> = BTreeMap::new();
        let mut points = Vec::new();
        for call in self.calls.iter().filter(|call| CHANGES.contains(&call.name.as_str())) {
            let nth = made.entry((call.thread, &call.name)).or_default();
            *nth += 1;
            let paths = [call.file(0), call.opened.clone(), Some(call.path(0))];
            let point = (call.name.clone(), *nth);
            if paths.into_iter().flatten().any(|path| path.starts_with(dir)) && !points.contains(&point) {
                points.push(point);
            }
        }
        points
    }
}

impl Call {
    /// Reads a line of what `strace` wrote.
    pub fn parse(line: &str) -> Option<Self> {
        let (thread, rest) = line.split_once(char::is_whitespace)?;
        let (began, rest) = rest.trim_start().split_once(' ')?;
        let (name, rest) = rest.split_once('(')?;
        let (arguments, end) = rest.rsplit_once(") = ").or_else(|| rest.rsplit_once(")= "))?;
        let (result, took) = end.rsplit_once(" <")?;
        let number = result.split([' ', '<']).next()?;
        let began_us = micros(began)?;
        Some(Self {
            thread: thread.parse().ok()?,
            began_us,
            ended_us: began_us + micros(took.trim_end_matches('>'))?,
            name: name.to_owned(),
            arguments: split(arguments.trim_end()),
            result: number.parse().ok()?,
            opened: described(result),
        })
    }

    fn argument(&self, at: usize) -> &str {
        self.arguments.get(at).map_or("", String::as_str)
    }

    /// A number, decimal.
    pub fn number(&self, at: usize) -> i64 {
        self.argument(at).split('<').next().and_then(|text| text.parse().ok()).unwrap_or(-1)
    }

    /// Whether a flag is given.
    pub fn says(&self, at: usize, flag: &str) -> bool {
        self.argument(at).split('|').any(|word| word == flag)
    }

    /// The file behind a descriptor.
    pub fn file(&self, at: usize) -> Option<PathBuf> {
        described(self.argument(at))
    }

    /// A path, made absolute by the directory descriptor before it.
    pub fn path_under(&self, directory: usize, at: usize) -> PathBuf {
        let path = PathBuf::from(String::from_utf8_lossy(&self.bytes(at)).into_owned());
        self.file(directory).map_or_else(|| path.clone(), |above| above.join(&path))
    }

    /// A path as it was given.
    pub fn path(&self, at: usize) -> PathBuf {
        PathBuf::from(String::from_utf8_lossy(&self.bytes(at)).into_owned())
    }

    /// What was handed over, also in pieces.
    pub fn bytes(&self, at: usize) -> Vec<u8> {
        self.argument(at).split('"').skip(1).step_by(2).flat_map(unescape).collect()
    }
}

fn micros(seconds: &str) -> Option<u64> {
    let (whole, parts) = seconds.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 1_000_000 + parts.parse::<u64>().ok()?)
}

/// `3<path>`, where everything in the path is escaped.
fn described(text: &str) -> Option<PathBuf> {
    let (_, path) = text.split_once('<')?;
    let (path, _) = path.split_once('>')?;
    Some(PathBuf::from(String::from_utf8_lossy(&unescape(path)).into_owned()))
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    for pair in text.split("\\x").skip(1) {
        bytes.extend(u8::from_str_radix(&pair[..2], 16));
    }
    bytes
}

/// At the commas that no bracket encloses. Strings hold none: they are escaped whole.
fn split(arguments: &str) -> Vec<String> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for sign in arguments.chars() {
        match sign {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(sign);
    }
    parts.iter().map(|part| part.trim_start().to_owned()).collect()
}
