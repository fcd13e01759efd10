//! FILEs to be previewed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use common::page_size;
use sandbox::Start;
use tracer::FileId;

use crate::exercises::CheckContext;
use crate::expect::hexed;
use crate::observe::Run;
use crate::verdict::{Verdict, failed};

/// So many pages and bytes, without any of the bytes `#`.
pub(super) fn sample(pages: usize, bytes: usize) -> Vec<u8> {
    // Of lengths without a common factor, so that no page is like its neighbour.
    let line = b"the quick brown fox jumps over the lazy dog, and nobody looks\n";
    let length = pages * page_size() + bytes;
    let mut content = line.repeat(length.div_ceil(line.len()));
    content.truncate(length);
    content
}

/// The same with `#` at these places.
pub(super) fn with_hashes(mut content: Vec<u8>, places: &[usize]) -> Vec<u8> {
    for place in places {
        if let Some(byte) = content.get_mut(*place) {
            *byte = b'#';
        }
    }
    content
}

/// `preview FILE FROM TO`, where FROM and TO need be no UTF-8.
pub(super) fn preview(context: &CheckContext, from: u8, to: u8) -> Start {
    let words = [&b"preview"[..], b"FILE", &[from], &[to]];
    context.start_os(words.map(|word| OsString::from_vec(word.into())))
}

/// What comes next where an output stops that is right so far: a NUL ends a C string.
fn where_it_stops(expected: &[u8], found: &[u8]) -> String {
    match expected.get(found.len()..) {
        Some(missing @ [_, ..]) => {
            format!("; missing from byte {} on: {}", found.len(), hexed(missing))
        }
        _ => String::new(),
    }
}

/// What is said of a program that maps the file, which is FILE, privately more than once from the same byte
/// on: then it may have edited one mapping, and printed the other.
fn maps_it_twice(run: &Run, file: FileId) -> Option<String> {
    let offsets: Vec<u64> = run.mapped(file).map(|call| call.arguments[5]).collect();
    let is_twice = |at: &&u64| offsets.iter().filter(|other| other == at).count() > 1;
    let at = offsets.iter().find(is_twice)?;
    let times = offsets.iter().filter(|other| *other == at).count();
    Some(format!(
        "FILE is mapped {times} times from byte {at} on: a store in a private mapping does not show in \
         another mapping"
    ))
}

/// It printed `content`, which the file holds, with every `from` replaced by `to`.
pub(super) fn expect_output(run: &Run, file: FileId, content: &[u8], from: u8, to: u8) -> Verdict {
    if let Some(how) = run.empties(file).filter(|_| !content.is_empty()) {
        let expected = format!("the {} bytes of FILE are what they were", content.len());
        return failed("file-changed", expected, how);
    }
    run.succeeds()?;
    printed(run, content, from, to).map_err(|error| error.details(maps_it_twice(run, file)))
}

fn printed(run: &Run, content: &[u8], from: u8, to: u8) -> Verdict {
    let mut expected = content.to_vec();
    for at in memchr::memchr_iter(from, content) {
        expected[at] = to;
    }
    let found = &run.stdout.bytes;
    if *found == expected {
        return Ok(());
    }
    let called = &run.called;
    let difference = expected.iter().zip(found).position(|(one, other)| one != other);
    let shown = |bytes: &[u8], at: usize| {
        let byte = bytes.get(at).map(|byte| byte.escape_ascii().to_string());
        byte.map_or(format!("there is no byte {at}"), |byte| format!("byte {at} is '{byte}'"))
    };
    match difference {
        Some(at) => failed(
            "wrong-output",
            format!("`{called}`: {}", shown(&expected, at)),
            shown(found, at),
        ),
        None => failed(
            "wrong-output",
            format!("`{called}` prints {} bytes", expected.len()),
            format!("{} bytes{}", run.stdout.total, where_it_stops(&expected, found)),
        ),
    }
}
