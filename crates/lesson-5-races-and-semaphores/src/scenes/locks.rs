//! The scene of all claims about file locks: a process that makes the calls it is told, line by
//! line, and answers each with one line: `ok`, a value, or the error's name.
//!
//! Locks belong to processes and descriptions, so a claim's actors are fresh processes that hold
//! nothing else, and the claim's text is the conversation with them.

mod call;
mod files;
mod hand;

/// Plays a scene of this module, if `name` is one.
pub(super) fn play(name: &str) -> Option<common::Result<()>> {
    match name {
        "locks" => Some(hand::work()),
        "locks-after-exec" => Some(common::say!("ok").and_then(|()| hand::work())),
        _ => None,
    }
}
