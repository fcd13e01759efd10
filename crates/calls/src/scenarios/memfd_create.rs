//! Scenarios of `memfd_create`: a memfd goes to another process.

use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;

use common::{Context, Result};
use lesson_5_races_and_semaphores::sys::in_a_forked_child;
use nix::cmsg_space;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[("memfd-in-a-message", in_a_message)];

/// A child closes the descriptor that it inherited, takes one out of a message, and writes through it.
fn in_a_message() -> Result<()> {
    let file: File =
        memfd_create("passed", MFdFlags::MFD_CLOEXEC).map(OwnedFd::into).step("memfd_create")?;
    file.write_all_at(b"before", 0).step("write")?;
    let (to, from) = UnixStream::pair().step("socketpair")?;
    let rights = [file.as_raw_fd()];
    let message = [ControlMessage::ScmRights(&rights)];
    sendmsg::<()>(to.as_raw_fd(), &[IoSlice::new(b"m")], &message, MsgFlags::empty(), None)
        .step("sendmsg")?;
    let inherited = file.as_raw_fd();
    let status = in_a_forked_child(|| {
        let closed = nix::unistd::close(inherited).is_ok();
        let received = received(&from);
        let written = received.is_some_and(|file| file.write_all_at(b"after!", 0).is_ok());
        i32::from(!(closed && written))
    });
    println!("child {}", status.step("fork")?);
    let mut bytes = [0; 6];
    file.read_exact_at(&mut bytes, 0).step("read")?;
    println!("content {}", String::from_utf8_lossy(&bytes));
    Ok(())
}

/// The file whose descriptor is in the next message.
fn received(from: &UnixStream) -> Option<File> {
    let mut byte = [0];
    let mut space = cmsg_space!([i32; 1]);
    let mut buffers = [IoSliceMut::new(&mut byte)];
    let message =
        recvmsg::<()>(from.as_raw_fd(), &mut buffers, Some(&mut space), MsgFlags::empty()).ok()?;
    let number = message.cmsgs().ok()?.find_map(|part| match part {
        ControlMessageOwned::ScmRights(numbers) => numbers.first().copied(),
        _ => None,
    })?;
    File::options().write(true).open(format!("/proc/self/fd/{number}")).ok()
}
