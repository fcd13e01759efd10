//! What `write` creates, accepts and rejects.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use course::scratch;

use crate::{assert_refused, file, lesson, padded, run, state};

#[test]
fn write_creates_a_file_of_256_bytes_that_only_its_owner_may_read() {
    let scratch = scratch();
    let said = lesson(&scratch, &["write", "file"]).succeed();
    let number = said.strip_prefix("Wrote integer: ").unwrap().trim_end();
    assert!((-100..=100).contains(&number.parse::<i64>().unwrap()), "{said}");
    let path = scratch.path().join("file");
    assert_eq!(fs::read(&path).unwrap(), padded(&format!("{number}\n")));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
}

#[test]
fn write_draws_its_number_at_random_unless_a_seed_fixes_it() {
    let scratch = scratch();
    let one = lesson(&scratch, &["write", "file", "--seed", "7"]).succeed();
    assert_eq!(lesson(&scratch, &["--seed", "7", "write", "file"]).succeed(), one);
    let numbers: std::collections::HashSet<_> =
        (0..20).map(|_| lesson(&scratch, &["write", "file"]).succeed()).collect();
    assert!(numbers.len() > 1, "twenty runs, one number");
}

#[test]
fn write_rejects_a_file_of_another_kind_unless_forced() {
    let scratch = scratch();
    let page = common::page_size();
    for bytes in [
        b"dear diary, ".repeat(25),
        b"short".to_vec(),
        [b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 1000]].concat(),
        (0..=255).rev().collect(),
        padded("+5\n"),
        vec![0; 255],
        // A disk image may begin with zeros, so only a file of at most one page of zeros is accepted.
        vec![0; page + 1],
        [vec![0; 300], vec![1]].concat(),
    ] {
        let path = file(&scratch, &bytes);
        let before = state(&path);
        let words = "store in \"file\": not a file of this lesson (--force overwrites its start)";
        assert_refused(&run(&scratch, &["write", "file"]), words);
        assert_eq!(state(&path), before);

        let said = lesson(&scratch, &["write", "file", "--force", "--seed", "1"]).succeed();
        let text = said.replace("Wrote integer: ", "") + "\0";
        let mut expected = bytes.clone();
        expected.resize(bytes.len().max(256), 0);
        expected[..text.len()].copy_from_slice(text.as_bytes());
        assert_eq!(fs::read(&path).unwrap(), expected, "the start and nothing else");
    }
}

#[test]
fn write_accepts_an_empty_file_its_own_and_a_page_of_zeros() {
    let scratch = scratch();
    for bytes in [vec![], padded(""), padded("5\n"), vec![0; common::page_size()]] {
        let length = bytes.len().max(256);
        let path = file(&scratch, bytes);
        lesson(&scratch, &["write", "file"]).succeed();
        assert_eq!(fs::read(path).unwrap().len(), length);
    }
}
