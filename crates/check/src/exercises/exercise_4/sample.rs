//! FILEs to be previewed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use common::page_size;
use sandbox::Start;

use crate::exercises::CheckContext;
use crate::expect::hexed;
use crate::observe::Run;
use crate::verdict::{Verdict, failed};

/// So many pages and bytes, without any of the bytes `#`.
pub(super) fn sample(pages: usize, bytes: usize) -> Vec<u8> {
    // Of lengths without a common factor, so that no page is like its neighbour.
    let line = b"the quick brown fox jumps over the lazy dog, and nobody looks\n";
    line.iter().copied().cycle().take(pages * page_size() + bytes).collect()
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

/// It printed `content` with every `from` replaced by `to`.
pub(super) fn expect_output(run: &Run, content: &[u8], from: u8, to: u8) -> Verdict {
    run.succeeds()?;
    let replace = |byte: &u8| if *byte == from { to } else { *byte };
    let expected: Vec<u8> = content.iter().map(replace).collect();
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
