//! Means by which processes meet, and which a sandbox does not allow: what a call was refused.

use std::io;

use nix::unistd::Pid;

use crate::memory;

/// What a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denied {
    /// A socket that is no Unix socket.
    NetworkSocket,
    /// To reach the Unix socket with this abstract name, which is no path.
    AbstractSocket(String),
    /// To send a signal to another process.
    Signal,
}

impl Denied {
    /// What this call was refused, if it was refused one of these means. It has returned `result`.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn by(pid: Pid, number: i64, arguments: [u64; 6], result: i64) -> io::Result<Option<Self>> {
        let [first, second, third, _, fifth, sixth] = arguments;
        if result == -i64::from(libc::EACCES) {
            let is_socket = number == libc::SYS_socket && !is_local(first);
            return Ok(is_socket.then_some(Self::NetworkSocket));
        }
        if result != -i64::from(libc::EPERM) {
            return Ok(None);
        }
        let signal = match number {
            libc::SYS_kill
            | libc::SYS_tkill
            | libc::SYS_rt_sigqueueinfo
            | libc::SYS_pidfd_send_signal => second,
            libc::SYS_tgkill | libc::SYS_rt_tgsigqueueinfo => third,
            _ => 0,
        };
        if signal != 0 {
            return Ok(Some(Self::Signal));
        }
        let address = match number {
            libc::SYS_connect => Some((second, third)),
            libc::SYS_sendto => Some((fifth, sixth)),
            libc::SYS_sendmsg => name_in_message(pid, second)?,
            _ => None,
        };
        let Some((address, length)) = address else { return Ok(None) };
        Ok(abstract_name(pid, address, length)?.map(Self::AbstractSocket))
    }
}

/// Whether a domain is that of Unix sockets. It is an int: the kernel looks at the lower half only.
pub(crate) fn is_local(domain: u64) -> bool {
    domain & u64::from(u32::MAX) == u64::from(libc::AF_UNIX.cast_unsigned())
}

/// Where the address is that a message has, and its length.
fn name_in_message(pid: Pid, message: u64) -> io::Result<Option<(u64, u64)>> {
    let Some(header) = read(pid, message, size_of::<[u64; 2]>())? else { return Ok(None) };
    let word = |at: usize| header.get(at..at + 8)?.try_into().ok().map(u64::from_ne_bytes);
    let length = word(8).map(|length| length & u64::from(u32::MAX));
    Ok(word(0).zip(length))
}

/// The name in the address of a Unix socket, if its first byte is a NUL: then it is no path.
fn abstract_name(pid: Pid, address: u64, length: u64) -> io::Result<Option<String>> {
    const MOST: usize = size_of::<libc::sockaddr_un>();
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(MOST);
    let Some(bytes) = read(pid, address, length)? else { return Ok(None) };
    let Some((family, name)) = bytes.split_first_chunk() else { return Ok(None) };
    if i32::from(u16::from_ne_bytes(*family)) != libc::AF_UNIX {
        return Ok(None);
    }
    let name = name.split_first().filter(|(first, _)| **first == 0);
    Ok(name.map(|(_, name)| String::from_utf8_lossy(name).trim_end_matches('\0').to_owned()))
}

fn read(pid: Pid, address: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
    match usize::try_from(address) {
        Ok(address) => memory(pid, address, length),
        Err(_) => Ok(None),
    }
}
