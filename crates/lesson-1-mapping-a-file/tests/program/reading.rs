//! What `read` prints, stores and rejects.

use std::fs;

use course::scratch;

use crate::{assert_refused, file, lesson, padded, run, state};

#[test]
fn read_prints_the_number_and_stores_its_double() {
    let scratch = scratch();
    for (before, said, after) in [
        ("42\n", "42", "84\n"),
        ("-100\n", "-100", "-200\n"),
        ("0\n", "0", "0\n"),
        ("4611686018427387903\n", "4611686018427387903", "9223372036854775806\n"),
        ("-4611686018427387904\n", "-4611686018427387904", "-9223372036854775808\n"),
    ] {
        let path = file(&scratch, padded(before));
        let ended = run(&scratch, &["read", "file"]);
        assert_eq!((ended.code, &*ended.stdout), (Some(0), &*format!("Read integer: {said}\n")));
        assert_eq!(fs::read(path).unwrap(), padded(after));
    }
}

#[test]
fn a_double_that_does_not_fit_is_an_error_and_changes_nothing() {
    let scratch = scratch();
    for number in [1_i64 << 62, i64::MAX, -(1 << 62) - 1, i64::MIN] {
        let path = file(&scratch, padded(&format!("{number}\n")));
        let before = state(&path);
        let ended = run(&scratch, &["read", "file"]);
        assert_refused(&ended, &format!("double \"file\": 2 × {number} does not fit in 64 bits"));
        assert_eq!(state(&path), before);
    }
}

#[test]
fn read_rejects_a_file_without_a_number_and_changes_nothing() {
    let scratch = scratch();
    let almost = ["", "5", "+5\n", " 5\n", "5 \n", "5\r\n", "05\n", "-0\n", "0x5\n", "5\n\n", "\n"];
    let too_large = ["9223372036854775808\n", "-9223372036854775809\n", "5\nhello"];
    let mut files: Vec<_> = almost.iter().chain(&too_large).map(|text| padded(text)).collect();
    files.push(b"5\n".repeat(150)); // A text file of 300 bytes, without a NUL.
    files.push([b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 1000]].concat());
    files.push((0..=255).rev().collect());
    files.push(vec![b'1'; 256]);
    for bytes in files {
        let path = file(&scratch, &bytes);
        let before = state(&path);
        assert_refused(
            &run(&scratch, &["read", "file"]),
            "parse \"file\": does not begin with a 64-bit number",
        );
        assert_eq!(state(&path), before);
    }
}

#[test]
fn read_rejects_a_file_that_is_too_short_and_changes_nothing() {
    let scratch = scratch();
    for bytes in [&padded("5\n")[..255], &b"5\n\0"[..], b""] {
        let path = file(&scratch, bytes);
        let before = state(&path);
        assert_refused(&run(&scratch, &["read", "file"]), "the file is too short to map");
        assert_eq!(state(&path), before);
    }
}

#[test]
fn leftovers_of_a_longer_number_after_the_nul_are_harmless() {
    let scratch = scratch();
    let path = file(&scratch, padded("5\n\x0012345678\n\0"));
    assert_eq!(lesson(&scratch, &["read", "file"]).succeed(), "Read integer: 5\n");
    assert_eq!(fs::read(path).unwrap(), padded("10\n\x002345678\n\0"));
}

#[test]
fn a_longer_file_keeps_its_length_and_its_other_bytes() {
    let scratch = scratch();
    let long = [padded("5\n"), b"the rest".to_vec()].concat();
    let path = file(&scratch, &long);
    lesson(&scratch, &["read", "file"]).succeed();
    assert_eq!(fs::read(&path).unwrap(), [padded("10\n"), b"the rest".to_vec()].concat());
    lesson(&scratch, &["write", "file"]).succeed();
    let bytes = fs::read(&path).unwrap();
    assert_eq!((bytes.len(), &bytes[30..]), (long.len(), &long[30..]));
}
