//! Tries what changes the process that tries it, in a process of its own: this binary again, in the hidden
//! role `try WHAT`.

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Context, Failure, Result, say};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

/// A user namespace, and a mount in it.
pub(crate) const USER_NAMESPACE: &str = "user-namespace";

/// What the process says that could do it.
const DONE: &str = "done";

/// What the system refused; `None` if it could be done.
pub(crate) fn of(what: &str) -> Result<Option<String>> {
    let own = Path::new("/proc/self/exe");
    let output = Command::new(own).args(["try", what]).output().step_on("start", own)?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match (output.status.success(), said.as_str()) {
        (true, DONE) => Ok(None),
        (true, why) if !why.is_empty() => Ok(Some(why.into())),
        _ => {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Failure::refusal("try", Path::new(what), format!("{}: {why}", output.status)))
        }
    }
}

/// The hidden role; `None` if this is another call.
pub(crate) fn role() -> Option<Result<()>> {
    let mut words = std::env::args().skip(1);
    if words.next()? != "try" || words.next()? != USER_NAMESPACE {
        return None;
    }
    Some(match user_namespace() {
        Ok(()) => say!("{DONE}"),
        Err(refused) => say!("{refused}"),
    })
}

/// Some systems let a user make the namespace and then refuse what it is made for. So a mount is changed in
/// it.
fn user_namespace() -> Result<()> {
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).step("unshare CLONE_NEWUSER")?;
    for (name, text) in [
        ("/proc/self/setgroups", "deny".into()),
        ("/proc/self/uid_map", format!("0 {user} 1")),
        ("/proc/self/gid_map", format!("0 {group} 1")),
    ] {
        fs::write(name, text).step_on("write", Path::new(name))?;
    }
    unshare(CloneFlags::CLONE_NEWNS).step("unshare CLONE_NEWNS in it")?;
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).step("mount in it")
}
