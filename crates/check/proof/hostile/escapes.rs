//! verdict: means-not-allowed
//! Says by its exit status which of its ways out was open: 77, none.

use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

fn main() -> std::process::ExitCode {
    let parent = std::os::unix::process::parent_id() as i32;
    let outside = std::path::Path::new("/proc").join(parent.to_string());
    let name = SocketAddr::from_abstract_name(b"mapped-memory-course-test").unwrap();
    let open: [(u8, bool); 11] = [
        (10, TcpStream::connect(("127.0.0.1", 9)).is_ok_and(|_| true)),
        (11, TcpListener::bind(("127.0.0.1", 0)).is_ok()),
        (12, UnixStream::connect_addr(&name).is_ok()),
        (13, std::fs::write("/tmp/escaped-from-the-room", "x").is_ok()),
        (14, std::fs::create_dir("../escaped").is_ok()),
        (15, unsafe { libc::kill(parent, 0) } == 0),
        (16, std::fs::File::options().write(true).open(outside.join("mem")).is_ok()),
        (17, unsafe { libc::ptrace(libc::PTRACE_SEIZE, parent, 0, 0) } == 0),
        (18, std::env::vars_os().count() > 4),
        (19, (3..1024).any(|number| unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0)),
        (20, unsafe { libc::geteuid() } == 0),
    ];
    let out = open.iter().find(|(_, open)| *open).map_or(77, |(number, _)| *number);
    out.into()
}
