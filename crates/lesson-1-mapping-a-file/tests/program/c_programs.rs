//! The programs of this lesson and C programs of the same kind share one file.

use std::fs;
use std::path::Path;
use std::process::Command;

use common::Scratch;
use course::{Program, scratch};

use crate::{file, lesson, padded};

#[test]
fn c_programs_and_the_lessons_programs_read_each_others_numbers() {
    let scratch = scratch();
    let (c_write, c_read) = (compiled(&scratch, "write"), compiled(&scratch, "read"));
    let c = |program: &str| Program::new(program, ["file"]).in_directory(scratch.path()).succeed();
    let ours = |role| lesson(&scratch, &[role, "file"]).succeed();
    let number = |said: String, words: &str| {
        let number = said.strip_prefix(words).unwrap().trim_end().parse::<i64>();
        number.unwrap()
    };

    let first = number(c(&c_write), "Wrote integer: ");
    assert_eq!(number(ours("read"), "Read integer: "), first);
    assert_eq!(number(c(&c_read), "Read integer: "), 2 * first);
    assert_eq!(number(ours("read"), "Read integer: "), 4 * first);

    let second = number(ours("write"), "Wrote integer: ");
    assert_eq!(number(c(&c_read), "Read integer: "), second);
    assert_eq!(number(ours("read"), "Read integer: "), 2 * second);

    // The C writer also accepts a file that this lesson's program has created.
    fs::remove_file(scratch.path().join("file")).unwrap();
    ours("write");
    let third = number(c(&c_write), "Wrote integer: ");
    assert_eq!(number(ours("read"), "Read integer: "), third);
}

#[test]
fn a_file_of_258_bytes_as_some_c_programs_make_it_is_read_and_written() {
    let scratch = scratch();
    let path = file(&scratch, [padded("-17\n"), vec![0; 2]].concat());
    assert_eq!(lesson(&scratch, &["read", "file"]).succeed(), "Read integer: -17\n");
    lesson(&scratch, &["write", "file"]).succeed();
    assert_eq!(fs::read(path).unwrap().len(), 258);
}

/// Compiles a C program of `tests/c` into the test's directory.
fn compiled(scratch: &Scratch, name: &str) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/c/{name}.c"));
    let program = scratch.path().join(format!("c-{name}"));
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program).arg(source);
    let status = cc.status().unwrap_or_else(|error| {
        panic!("this test needs a C compiler named cc, and starting it failed: {error}")
    });
    assert!(status.success(), "{name}.c does not compile");
    program.into_os_string().into_string().unwrap()
}
