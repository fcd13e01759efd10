//! What may happen to the files of a running program: its own file, and those of its libraries.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use course::{Ended, Program, Running, errno, kernel_at_least, scratch};
use lesson_4_private_mappings::own_data;
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::truncate;
use page_view::Mapping;

use crate::{Lettered, scenario};

/// What a call answers that would change the file of a running program. `None` on a file system that
/// is mounted `noexec`: no program runs from there.
fn busy_program() -> Option<Ended> {
    let ended = scenario("busy-program", &scratch()).run();
    if ended.value("started") == "EACCES" {
        assert_eq!(ended.code, Some(0), "nothing runs on a noexec file system");
        return None;
    }
    Some(ended)
}

/// Linux 6.11 stopped refusing; 6.13 took that back, as did later 6.11 and 6.12.
fn assert_busy(answer: &str) {
    match answer {
        "ok" if kernel_at_least(6, 11) && !kernel_at_least(6, 13) => {}
        refused => assert_eq!(refused, "ETXTBSY"),
    }
}

/// Opening the file of a running program for writing fails with `ETXTBSY`.
///
/// - call: `open`, error
/// - source: open(2), ERRORS
/// - level: Linux (not in early 6.11 and 6.12)
#[test]
fn opening_the_file_of_a_running_program_for_writing_fails_with_etxtbsy() {
    let Some(ended) = busy_program() else { return };
    assert_busy(ended.value("open-for-writing"));
    assert_eq!(ended.value("open-for-reading"), "ok");
    assert_eq!(ended.value("private-mapping"), "#not", "what is stored privately is no change");
    assert_eq!(ended.value("open-afterwards"), "ok", "when the program has ended");
}

/// `open` of the file of a running program with `O_RDONLY` and `O_TRUNC` fails with `ETXTBSY`.
///
/// - call: `open`, error
/// - source: open(2), ERRORS; fs/namei.c, handle_truncate
/// - level: Linux (not in early 6.11 and 6.12)
#[test]
fn open_of_the_file_of_a_running_program_with_o_rdonly_and_o_trunc_fails_with_etxtbsy() {
    let Some(ended) = busy_program() else { return };
    assert_busy(ended.value("open-and-empty"));
    if ended.value("open-and-empty") == "ETXTBSY" {
        assert_eq!(ended.value("same-length"), "true");
    }
    assert_eq!(ended.value("empty-afterwards"), "ok 0", "when the program has ended");
}

/// `truncate` of the file of a running program fails with `ETXTBSY`.
///
/// - call: `truncate`, error
/// - source: truncate(2), ERRORS
/// - level: Linux (not in early 6.11 and 6.12)
#[test]
fn truncate_of_the_file_of_a_running_program_fails_with_etxtbsy() {
    let Some(ended) = busy_program() else { return };
    assert_busy(ended.value("truncate"));
    if ended.value("truncate") == "ETXTBSY" {
        assert_eq!(ended.value("same-length"), "true");
    }
    assert_eq!(ended.value("truncate-afterwards"), "ok", "when the program has ended");
}

/// `unlink` of the file of a running program succeeds, and the program runs on.
///
/// - call: `unlink`, success
/// - source: unlink(2), DESCRIPTION
/// - level: Linux (POSIX allows `ETXTBSY`)
#[test]
fn unlink_of_the_file_of_a_running_program_succeeds_and_the_program_runs_on() {
    let ended = scenario("unlinked-program", &scratch()).run();
    if ended.value("started") == "EACCES" {
        return assert_eq!(ended.code, Some(0), "nothing runs on a noexec file system");
    }
    assert_eq!((ended.value("before"), ended.value("unlink")), ("program", "ok"));
    assert_eq!(ended.value("after"), "program (deleted)");
    assert_eq!((ended.value("open"), ended.value("answers")), ("ENOENT", "a"));
}

/// The file of a running script can be opened for writing.
///
/// - call: `open`, edge
/// - source: fs/exec.c, exec_binprm
/// - level: observed
#[test]
fn the_file_of_a_running_script_can_be_opened_for_writing() {
    let ended = scenario("running-script", &scratch()).run();
    if ended.value("started") == "EACCES" {
        return assert_eq!(ended.code, Some(0), "nothing runs on a noexec file system");
    }
    assert_eq!((ended.value("started"), ended.value("open-for-writing")), ("ok", "ok"));
}

/// A library's file can be overwritten while a program runs it.
///
/// - call: running programs, edge
/// - source: mmap(2), DESCRIPTION (unspecified)
/// - level: observed (on overlayfs after a copy-up)
/// - holds: everywhere
#[test]
fn a_librarys_file_can_be_overwritten_while_a_program_runs_it() {
    let Some(user) = UserOfALibrary::start() else { return };
    let code = user.parts().into_iter().find(|part| part.permissions == "r-xp").unwrap();
    assert_ne!(&user.bytes_of(&code).unwrap(), b"new code");
    // It is opened for writing, which is allowed, and gets other bytes.
    let file = File::options().write(true).open(&user.library).unwrap();
    file.write_all_at(b"new code", code.offset).unwrap();
    assert_eq!(&user.bytes_of(&code).unwrap(), b"new code", "what the program would run now");
}

/// Copying a file over a library discards the private copies of running programs.
///
/// - call: running programs, edge
/// - source: mm/truncate.c
/// - level: observed (on overlayfs after a copy-up)
/// - holds: everywhere
#[test]
fn copying_a_file_over_a_library_discards_the_private_copies_of_running_programs() {
    let Some(user) = UserOfALibrary::start() else { return };
    let copies = || user.parts().iter().map(|part| part.sum("Anonymous").unwrap()).sum::<u64>();
    assert!(copies() > 0, "the loader has stored addresses to the library's data");
    // As `cp` does: this truncates the library to length 0, then writes to it the bytes that it had.
    fs::copy(library_of_this_program(), &user.library).unwrap();
    assert_eq!(copies(), 0);
}

/// A library's file can be truncated while a program runs it, and then the program ends with
/// `SIGBUS`.
///
/// - call: running programs, edge
/// - source: mmap(2), DESCRIPTION; truncate(2), ERRORS (ETXTBSY: only of a program that is executed)
/// - level: observed (glibc 2.36; on overlayfs after a copy-up)
/// - holds: everywhere
#[test]
fn a_librarys_file_can_be_truncated_while_a_program_runs_it_and_then_the_program_ends_with_sigbus()
{
    let calls: [fn(&Path) -> io::Result<()>; 3] = [
        |path| Ok(truncate(path, 0)?),
        |path| File::options().write(true).truncate(true).open(path).map(drop),
        |path| File::options().read(true).custom_flags(libc::O_TRUNC).open(path).map(drop),
    ];
    for call in calls {
        let Some(user) = UserOfALibrary::start() else { return };
        let code = user.parts().into_iter().find(|part| part.permissions == "r-xp").unwrap();
        user.bytes_of(&code).expect("the program could run the code");
        call(&user.library).unwrap();
        assert_eq!(errno(user.bytes_of(&code)), Errno::EIO, "past the end of the file");
        // At its end, a program calls what the library wants to be called, and finds it nowhere.
        assert_eq!(user.program.end().signal, Some(Signal::SIGBUS));
    }
    let Some(user) = UserOfALibrary::start() else { return };
    assert_eq!(user.program.end().code, Some(0), "a library that is not truncated");
}

/// A library replaced by a rename stays the old file in running programs.
///
/// - call: `rename`, success
/// - source: rename(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_library_replaced_by_a_rename_stays_the_old_file_in_running_programs() {
    let Some(user) = UserOfALibrary::start() else { return };
    let parts = user.parts();
    let code = parts.iter().find(|part| part.permissions == "r-xp").unwrap();
    let before = user.bytes_of(code).unwrap();
    let new = user.library.with_extension("new");
    fs::write(&new, "no library").unwrap();
    fs::rename(&new, &user.library).unwrap();
    assert_eq!(fs::read(&user.library).unwrap(), b"no library");
    assert_eq!(user.bytes_of(code).unwrap(), before);
    let now = page_view::mapping_at(user.program.id(), code.addresses.start).unwrap().unwrap();
    assert_eq!(now.inode, code.inode);
}

/// A program that uses a copied library, which only this test changes.
struct UserOfALibrary {
    program: Running,
    library: PathBuf,
    #[expect(dead_code, reason = "held: dropped, it removes the library")]
    letters: Lettered,
}

impl UserOfALibrary {
    /// `None` on a file system that is mounted `noexec`: no library runs from there.
    fn start() -> Option<Self> {
        let letters = Lettered::new(1);
        let library = letters.path.with_file_name("library.so");
        fs::copy(library_of_this_program(), &library).unwrap();
        let library = library.canonicalize().unwrap();
        let program = env!("CARGO_BIN_EXE_lesson-4-private-mappings");
        let arguments = ["second-process".as_ref(), letters.path.as_os_str()];
        let mut program = Program::new(program, arguments).env("LD_PRELOAD", &library).start();
        program.tell("read 0 1");
        assert_eq!(program.hear(), "a", "it runs");
        let user = Self { program, library, letters };
        let parts = user.parts();
        // The loader may leave a part of a refused library mapped, without its code.
        if !parts.iter().any(|part| part.permissions == "r-xp") {
            let mount = statvfs(&user.library).unwrap();
            assert!(mount.flags().contains(FsFlags::ST_NOEXEC), "it must use the copied library");
            return None;
        }
        assert!(parts.iter().all(|part| part.permissions.ends_with('p')), "{parts:?}");
        Some(user)
    }

    /// The mappings of the library in the program.
    fn parts(&self) -> Vec<Mapping> {
        let mut mappings = page_view::mappings_of(self.program.id()).unwrap();
        mappings.retain(|mapping| mapping.path.as_deref().map(Path::new) == Some(&self.library));
        mappings
    }

    /// The first bytes of a part, as the program would load them.
    fn bytes_of(&self, part: &Mapping) -> io::Result<[u8; 8]> {
        let memory = File::open(format!("/proc/{}/mem", self.program.id())).unwrap();
        let mut bytes = [0; 8];
        memory.read_exact_at(&mut bytes, part.addresses.start as u64)?;
        Ok(bytes)
    }
}

/// A library that this program has mapped, and so has every program of the course.
fn library_of_this_program() -> PathBuf {
    let mappings = own_data::file_mappings().unwrap();
    let paths = || mappings.iter().filter_map(|mapping| mapping.path.as_deref());
    let named = |name: &str| paths().find(|path| path.contains(name)).map(PathBuf::from);
    named("/libgcc_s.so").or_else(|| named("/libc.so")).unwrap()
}
