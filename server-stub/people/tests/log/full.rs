//! A disk without space.

use std::path::Path;
use std::process::Command;

use gauze_people::Roles;
use gauze_people::log::LogFailure;

use crate::fixture::{allowed, check, open};

fn did(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|done| done.status.success())
}

/// A file system of its own of so many KiB; nothing where it may not be mounted.
struct Small(tempfile::TempDir);

impl Small {
    fn of(kib: u32) -> Option<Self> {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let options = format!("size={kib}k");
        let path = dir.path().to_str().unwrap();
        did("mount", &["-t", "tmpfs", "-o", &options, "tmpfs", path]).then_some(Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        did("umount", &[self.0.path().to_str().unwrap()]);
    }
}

#[test]
fn a_full_disk_refuses_and_loses_no_entry_and_goes_on_once_there_is_space() {
    let Some(small) = Small::of(256) else {
        println!("skipped: no file system may be mounted here");
        return;
    };
    let (root, ballast) = (small.path().join("access"), small.path().join("ballast"));
    let (log, roles) = (open(&root).unwrap(), Roles::shipped().unwrap());
    std::io::Write::write_all(&mut std::fs::File::create(&ballast).unwrap(), &[0; 64 * 1024]).unwrap();
    let mut written = 0;
    let failure = loop {
        match log.append_blocking(allowed(&roles, "p")) {
            Ok(logged) => written = logged.line().index + 1,
            Err(failure) => break failure,
        }
        assert!(written < 10_000, "the disk is never full");
    };
    assert!(matches!(failure, LogFailure::Full(_)), "{failure}");
    assert!(failure.next_step().contains("nothing is shown"));
    assert_eq!(log.size(), written);
    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(log.append_blocking(allowed(&roles, "p")).unwrap().line().index, written);
    drop(log);
    let found = check(&root);
    assert!(found.holds(), "{:?}", found.faults);
    assert_eq!(found.entries, written + 1);
}
