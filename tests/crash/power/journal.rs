//! A recorded run as an ordered journal of what it did to one directory, and when what was synced.
//!
//! The model of a disk, on the hard side of what file systems do: bytes are safe after an fsync of their file that
//! began when they were written; a name (made, renamed, removed) is safe after an fsync of its directory, whatever
//! became of the file; a rename happens whole or not at all; `sync_file_range` does nothing.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::trace::{Call, Recording};

/// A file or directory, whatever it is called.
pub type Inode = usize;

/// The directory that is watched.
pub const ROOT: Inode = 0;

/// One thing that happened to the disk.
#[derive(Clone, Debug)]
pub enum Change {
    /// Bytes, lost page by page.
    Write { inode: Inode, offset: usize, bytes: Vec<u8> },
    /// A new length.
    Resize { inode: Inode, length: usize },
    /// Names that come and go together.
    Names { gone: Option<(Inode, String)>, come: Option<(Inode, String, Inode)> },
    /// Everything done to it before `began_us` is safe.
    Sync { inode: Inode, began_us: u64 },
    /// This was printed.
    Told(String),
    /// A message of so many bytes went out.
    Sent(usize),
}

/// A change and when it was over.
#[derive(Clone, Debug)]
pub struct Step {
    pub ended_us: u64,
    pub change: Change,
}

/// What was there before, and what happened.
pub struct Journal {
    pub before: Tree,
    pub steps: Vec<Step>,
}

/// What is on a disk.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub nodes: Vec<Node>,
}

/// A file's bytes or a directory's names.
#[derive(Clone, Debug)]
pub enum Node {
    File(Vec<u8>),
    Dir(std::collections::BTreeMap<String, Inode>),
}

impl Tree {
    /// Reads a directory. Names in it are UTF-8: they are ours.
    pub fn read(dir: &Path) -> Self {
        let mut tree = Self { nodes: vec![Node::Dir(Default::default())] };
        tree.read_into(ROOT, dir);
        tree
    }

    fn read_into(&mut self, inode: Inode, dir: &Path) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let child = if path.is_dir() {
                let child = self.add(Node::Dir(Default::default()));
                self.read_into(child, &path);
                child
            } else {
                self.add(Node::File(std::fs::read(&path).unwrap()))
            };
            self.names(inode).insert(name, child);
        }
    }

    pub fn add(&mut self, node: Node) -> Inode {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn names(&mut self, inode: Inode) -> &mut std::collections::BTreeMap<String, Inode> {
        match &mut self.nodes[inode] {
            Node::Dir(names) => names,
            Node::File(_) => panic!("a file has no names in it"),
        }
    }

    /// Does it. Syncs and words change nothing here.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { inode, offset, bytes } => {
                let Node::File(file) = &mut self.nodes[*inode] else { return };
                let end = offset + bytes.len();
                file.resize(file.len().max(end), 0);
                file[*offset..end].copy_from_slice(bytes);
            }
            Change::Resize { inode, length } => {
                let Node::File(file) = &mut self.nodes[*inode] else { return };
                file.resize(*length, 0);
            }
            Change::Names { gone, come } => {
                if let Some((dir, name)) = gone {
                    self.names(*dir).remove(name);
                }
                if let Some((dir, name, inode)) = come {
                    self.names(*dir).insert(name.clone(), *inode);
                }
            }
            Change::Sync { .. } | Change::Told(_) | Change::Sent(_) => {}
        }
    }

    /// The inode at a path below the root.
    pub fn find(&self, path: &Path) -> Option<Inode> {
        path.components().try_fold(ROOT, |inode, part| match (&self.nodes[inode], part) {
            (Node::Dir(names), Component::Normal(name)) => names.get(name.to_str()?).copied(),
            _ => None,
        })
    }

    /// Every file that a name leads to.
    pub fn files(&self) -> std::collections::BTreeMap<PathBuf, &[u8]> {
        let mut found = std::collections::BTreeMap::new();
        let mut below = vec![(PathBuf::new(), ROOT)];
        while let Some((path, inode)) = below.pop() {
            match &self.nodes[inode] {
                Node::File(bytes) => drop(found.insert(path, bytes.as_slice())),
                Node::Dir(names) => below.extend(names.iter().map(|(name, inode)| (path.join(name), *inode))),
            }
        }
        found
    }

    /// Forgets files by the end of their names.
    pub fn without(mut self, ending: &str) -> Self {
        for node in &mut self.nodes {
            if let Node::Dir(names) = node {
                names.retain(|name, _| !name.ends_with(ending));
            }
        }
        self
    }

    /// Makes it real.
    pub fn write(&self, dir: &Path) {
        let mut below = vec![(dir.to_owned(), ROOT)];
        while let Some((path, inode)) = below.pop() {
            match &self.nodes[inode] {
                Node::File(bytes) => {
                    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), bytes).unwrap();
                }
                Node::Dir(names) => {
                    std::fs::create_dir_all(&path).unwrap();
                    below.extend(names.iter().map(|(name, inode)| (path.join(name), *inode)));
                }
            }
        }
    }
}

/// Reads the calls of a run with the files they were about.
struct Reader {
    root: PathBuf,
    /// Where the program ran.
    here: PathBuf,
    now: Tree,
    steps: Vec<Step>,
    /// By descriptor: the file and where the next `write` goes; `None` there appends.
    open: HashMap<i64, (Inode, Option<usize>)>,
}

impl Journal {
    /// What a run did to `dir`, which held `before`.
    pub fn of(recording: &Recording, dir: &Path, before: Tree) -> Self {
        let mut reader = Reader {
            root: dir.to_owned(),
            here: recording.dir.clone(),
            now: before.clone(),
            steps: Vec::new(),
            open: HashMap::new(),
        };
        // What failed changed nothing.
        for call in recording.calls.iter().filter(|call| call.result >= 0) {
            reader.read(call);
        }
        let mut before = before;
        // Files that came later have their numbers from the beginning.
        before.nodes.extend(reader.now.nodes[before.nodes.len()..].iter().map(|node| match node {
            Node::File(_) => Node::File(Vec::new()),
            Node::Dir(_) => Node::Dir(Default::default()),
        }));
        Self { before, steps: reader.steps }
    }

    /// That nothing was written but what the journal tells: it leads to what is there now.
    pub fn leads_to(&self, dir: &Path, but: &str) {
        let (modelled, real) = (self.after().without(but), Tree::read(dir).without(but));
        let (modelled, real) = (modelled.files(), real.files());
        let names = modelled.keys().chain(real.keys()).filter(|name| modelled.get(*name) != real.get(*name));
        let differ: Vec<_> = names.map(|name| name.display().to_string()).collect();
        assert!(differ.is_empty(), "the journal is not all that was written: {differ:?}");
    }

    /// The directory as it was when the run was over.
    pub fn after(&self) -> Tree {
        let mut tree = self.before.clone();
        self.steps.iter().for_each(|step| tree.apply(&step.change));
        tree
    }
}

impl Reader {
    fn below(&self, path: &Path) -> Option<PathBuf> {
        // Collected anew, so that no `.` is left in it.
        let path: PathBuf = self.here.join(path).components().collect();
        path.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    /// The watched file that a call's first argument stands for, and where its next `write` goes. Calls come in the order in
    /// which they ended: before the end of a close is told, the number may be another file's already, so its path counts too.
    fn file(&self, call: &Call) -> Option<(Inode, Option<usize>)> {
        let (inode, at) = *self.open.get(&call.number(0))?;
        let path = call.file(0).filter(|path| path.is_absolute())?;
        let found = self.now.find(&self.below(&path)?);
        // A file that was removed has no path, and is no other's.
        found.is_none_or(|found| found == inode).then_some((inode, at))
    }

    fn step(&mut self, call: &Call, change: Change) {
        self.now.apply(&change);
        self.steps.push(Step { ended_us: call.ended_us, change });
    }

    /// The directory and the name in it of a path that is watched.
    fn place(&self, path: &Path) -> Option<(Inode, String)> {
        let path = self.below(path)?;
        let name = path.file_name()?.to_str()?.to_owned();
        let dir = self.now.find(path.parent()?).unwrap_or_else(|| panic!("{} is unknown", path.display()));
        Some((dir, name))
    }

    fn read(&mut self, call: &Call) {
        match call.name.as_str() {
            "openat" => self.opened(call, &call.path_under(0, 1), 2),
            "open" => self.opened(call, &call.path(0), 1),
            "creat" => panic!("nobody uses creat"),
            "close" => {
                if self.file(call).is_some() {
                    self.open.remove(&call.number(0));
                }
            }
            "lseek" if self.file(call).is_some() => self.moved(call.number(0), call.result),
            "dup" | "dup2" => self.doubled(call),
            "fcntl" if call.says(1, "F_DUPFD_CLOEXEC") || call.says(1, "F_DUPFD") => self.doubled(call),
            "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2" | "sendto" | "sendmsg" => {
                self.wrote(call)
            }
            "ftruncate" => {
                if let Some((inode, _)) = self.file(call) {
                    let length = size(call.number(1));
                    self.step(call, Change::Resize { inode, length });
                }
            }
            "mkdir" => self.made(call, &call.path(0)),
            "mkdirat" => self.made(call, &call.path_under(0, 1)),
            "rename" => self.renamed(call, &call.path(0), &call.path(1)),
            "renameat" | "renameat2" => self.renamed(call, &call.path_under(0, 1), &call.path_under(2, 3)),
            "link" => self.linked(call, &call.path(0), &call.path(1)),
            "linkat" => self.linked(call, &call.path_under(0, 1), &call.path_under(2, 3)),
            "unlink" | "rmdir" => self.removed(call, &call.path(0)),
            "unlinkat" => self.removed(call, &call.path_under(0, 1)),
            "fsync" | "fdatasync" => {
                if let Some((inode, _)) = self.file(call) {
                    self.step(call, Change::Sync { inode, began_us: call.began_us });
                }
            }
            // Nothing is believed of it.
            "sync_file_range" | "fallocate" | "fcntl" | "lseek" => {}
            other => {
                // The rest is not used by anybody; that it stays so is checked by comparing trees.
                println!("not understood: {other}");
            }
        }
    }

    fn opened(&mut self, call: &Call, path: &Path, flags: usize) {
        let Some(below) = self.below(path) else { return };
        let inode = match self.now.find(&below) {
            Some(inode) => inode,
            None => {
                assert!(call.says(flags, "O_CREAT"), "{} is unknown", below.display());
                self.come(call, path, Node::File(Vec::new()))
            }
        };
        if call.says(flags, "O_TRUNC") {
            self.step(call, Change::Resize { inode, length: 0 });
        }
        let at = if call.says(flags, "O_APPEND") { None } else { Some(0) };
        self.open.insert(call.result, (inode, at));
    }

    fn come(&mut self, call: &Call, path: &Path, node: Node) -> Inode {
        let inode = self.now.add(node);
        if let Some((dir, name)) = self.place(path) {
            self.step(call, Change::Names { gone: None, come: Some((dir, name, inode)) });
        }
        inode
    }

    fn made(&mut self, call: &Call, path: &Path) {
        if self.below(path).is_some() {
            self.come(call, path, Node::Dir(Default::default()));
        }
    }

    fn renamed(&mut self, call: &Call, from: &Path, to: &Path) {
        let (Some(gone), Some((dir, name))) = (self.place(from), self.place(to)) else { return };
        let inode = self.below(from).and_then(|from| self.now.find(&from)).unwrap();
        self.step(call, Change::Names { gone: Some(gone), come: Some((dir, name, inode)) });
    }

    fn linked(&mut self, call: &Call, from: &Path, to: &Path) {
        let (Some(from), Some((dir, name))) = (self.below(from), self.place(to)) else { return };
        let inode = self.now.find(&from).unwrap();
        self.step(call, Change::Names { gone: None, come: Some((dir, name, inode)) });
    }

    fn removed(&mut self, call: &Call, path: &Path) {
        if let Some(gone) = self.place(path) {
            self.step(call, Change::Names { gone: Some(gone), come: None });
        }
    }

    fn moved(&mut self, descriptor: i64, to: i64) {
        if let Some((_, at @ Some(_))) = self.open.get_mut(&descriptor) {
            *at = Some(size(to));
        }
    }

    fn doubled(&mut self, call: &Call) {
        if let Some(file) = self.file(call) {
            self.open.insert(call.result, file);
        }
    }

    fn wrote(&mut self, call: &Call) {
        let mut bytes = call.bytes(1);
        bytes.truncate(size(call.result));
        let Some((inode, at)) = self.file(call) else {
            if call.number(0) == 1 {
                self.step(call, Change::Told(String::from_utf8_lossy(&bytes).into_owned()));
            } else if call.file(0).is_some_and(|path| !path.is_absolute()) {
                self.step(call, Change::Sent(bytes.len()));
            }
            return;
        };
        let length = match &self.now.nodes[inode] {
            Node::File(file) => file.len(),
            Node::Dir(_) => 0,
        };
        let positioned = call.name.starts_with("pwrite");
        let offset = if positioned { size(call.number(3)) } else { at.unwrap_or(length) };
        if !positioned && at.is_some() {
            self.moved(call.number(0), i64::try_from(offset).unwrap() + call.result);
        }
        self.step(call, Change::Write { inode, offset, bytes });
    }
}

/// A length or place of a file.
fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As strace escapes paths and bytes.
    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
    }

    fn journal(lines: &[String]) -> Journal {
        let calls = lines.iter().map(|line| Call::parse(line).unwrap()).collect();
        let recording = Recording { calls, dir: "/elsewhere".into(), stdout: String::new(), code: None };
        Journal::of(&recording, Path::new("/dir"), Tree { nodes: vec![Node::Dir(Default::default())] })
    }

    #[test]
    fn a_close_that_is_told_late_closes_no_other_file() {
        let (first, second) = (hex("/dir/first"), hex("/dir/second"));
        for before in [first, hex("socket:[7]")] {
            let lines = [
                format!(
                    "1 1.000000 openat(AT_FDCWD, \"{before}\", O_WRONLY|O_CREAT, 0600) = 5<{before}> <0.000010>"
                ),
                format!(
                    "2 3.000000 openat(AT_FDCWD, \"{second}\", O_WRONLY|O_CREAT, 0600) = 5<{second}> <0.000010>"
                ),
                format!("1 2.000000 close(5<{before}>) = 0 <1.500000>"),
                format!("2 4.000000 write(5<{second}>, \"{}\", 3) = 3 <0.000010>", hex("abc")),
                format!("2 5.000000 fsync(5<{second}>) = 0 <0.000010>"),
                format!("2 6.000000 close(5<{second}>) = 0 <0.000010>"),
                format!("2 7.000000 sendto(5<{}>, \"{}\", 3) = 3 <0.000010>", hex("socket:[8]"), hex("xyz")),
            ];
            let journal = journal(&lines);
            assert_eq!(journal.after().files()[Path::new("second")], b"abc");
            let synced = journal.steps.iter().any(|step| matches!(step.change, Change::Sync { .. }));
            let sent = journal.steps.iter().any(|step| matches!(step.change, Change::Sent(3)));
            assert!(synced && sent, "{:?}", journal.steps);
        }
    }
}
