//! Clocks that are wrong, each of one program or machine.
//!
//! The programs know nothing of it. They get the time from the C library, before which a library of this test's own stands, as
//! `faketime` does it; what it adds stands in a file, so that a server's clock is set while it runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use gauze_tests::hospital::write;
use gauze_tests::programs::Variables;
use gauze_tests::skipped::skipped;

const LIBRARY: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t which, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, which, now);
    const char *path = getenv("CLOCK_OFF");
    FILE *file = !failed && which == CLOCK_REALTIME && path ? fopen(path, "r") : NULL;
    long off = 0;
    if (file) {
        if (fscanf(file, "%ld", &off) == 1) now->tv_sec += off;
        fclose(file);
    }
    return failed;
}
"#;

pub const DAY: i64 = 24 * 60 * 60;

/// Makes the library, in `dir`; `None` after saying so where it moves no clock.
pub fn library(dir: &Path) -> Option<PathBuf> {
    let (source, library) = (dir.join("clock.c"), dir.join("clock.so"));
    write(&source, LIBRARY).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).output();
    let tried = Clock::new(&library, "tried");
    tried.set(40 * DAY);
    let seconds = |variables: Variables| -> Option<i64> {
        let told = Command::new("date").arg("+%s").envs(variables).output().ok()?;
        String::from_utf8(told.stdout).ok()?.trim().parse().ok()
    };
    let moved = made.is_ok_and(|ended| ended.status.success())
        && seconds(tried.variables())
            .zip(seconds(Vec::new()))
            .is_some_and(|(off, right)| off - right > 39 * DAY);
    if !moved {
        skipped("no clock of a program's own: that wants a C compiler, and LD_PRELOAD");
    }
    moved.then_some(library)
}

/// The clock of whatever has its variables.
pub struct Clock {
    library: PathBuf,
    off: PathBuf,
}

impl Clock {
    /// A right one, by a [`library`].
    pub fn new(library: &Path, name: &str) -> Self {
        let off = library.with_file_name(format!("{name}.clock"));
        let clock = Self { library: library.to_owned(), off };
        clock.set(0);
        clock
    }

    pub fn set(&self, seconds_off: i64) {
        // Never half a number.
        let fresh = self.off.with_extension("new");
        write(&fresh, &seconds_off.to_string()).unwrap();
        std::fs::rename(fresh, &self.off).unwrap();
    }

    /// What the environment of a program has that goes by it.
    pub fn variables(&self) -> Variables {
        vec![("LD_PRELOAD", self.library.clone()), ("CLOCK_OFF", self.off.clone())]
    }
}
