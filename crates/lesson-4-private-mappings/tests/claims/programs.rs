//! Every program is a private mapping: its own file, and its libraries.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use common::page_size;
use course::{Program, Running, errno, kernel_at_least, scratch};
use lesson_4_private_mappings::own_data;
use nix::errno::Errno;
use nix::sys::statvfs::{FsFlags, statvfs};
use page_view::Mapping;

use crate::{Lettered, file_pages, scenario};

/// A running program and its libraries are private mappings.
///
/// - call: running programs, success
/// - source: proc(5), maps; fs/binfmt_elf.c
/// - level: Linux
#[test]
fn a_running_program_and_its_libraries_are_private_mappings() {
    let mappings = own_data::file_mappings().unwrap();
    let own = std::env::current_exe().unwrap().to_string_lossy().into_owned();
    let parts = |path: &str| {
        let of_path = mappings.iter().filter(|mapping| mapping.path.as_deref() == Some(path));
        of_path.map(|mapping| mapping.permissions.as_str()).collect::<Vec<_>>()
    };
    assert!(parts(&own).contains(&"r-xp"), "its code: {:?}", parts(&own));
    assert!(parts(&own).contains(&"rw-p"), "its data: {:?}", parts(&own));
    let is_private = |permissions: &&str| permissions.ends_with('p');
    assert!(parts(&own).iter().all(is_private), "no part is shared: {:?}", parts(&own));
    let code = |mapping: &&Mapping| mapping.permissions == "r-xp";
    let code = mappings.iter().find(code).unwrap();
    let states = file_pages(code.addresses.start, code.addresses.len() / page_size());
    assert!(states.contains(&Some(true)) && !states.contains(&Some(false)), "{states:?}");
    let is_library = |path: &&String| path.contains(".so");
    let library = mappings.iter().filter_map(|mapping| mapping.path.as_ref()).find(is_library);
    let library = parts(library.unwrap());
    assert!(library.contains(&"r-xp") && library.iter().all(is_private), "{library:?}");
}

/// The first store to a page of initialised variables copies it.
///
/// - call: running programs, success
/// - source: fs/binfmt_elf.c
/// - level: observed
#[test]
fn the_first_store_to_a_page_of_initialised_variables_copies_it() {
    let first = own_data::table_page();
    let loaded: Vec<u8> = (0..3).map(|page| own_data::load(first + page * page_size())).collect();
    assert_eq!(loaded, [1; 3], "the values that the program's file holds");
    assert_eq!(file_pages(first, 3), [Some(true); 3], "the page cache's own pages");
    own_data::store(first + page_size(), 2);
    assert_eq!(file_pages(first, 3), [Some(true), Some(false), Some(true)]);
}

/// A page of zeroed variables, the heap and the stack have no file.
///
/// - call: running programs, success
/// - source: proc(5), maps; fs/binfmt_elf.c
/// - level: Linux
#[test]
fn a_page_of_zeroed_variables_the_heap_and_the_stack_have_no_file() {
    let (boxed, local) = (Box::new(7), 7);
    let in_heap = std::ptr::from_ref(&*boxed).addr();
    for address in [own_data::zeroed_page(), in_heap, (&raw const local).addr()] {
        let mapping = page_view::mapping_at(std::process::id(), address).unwrap().unwrap();
        assert_eq!((mapping.inode, mapping.permissions.as_str()), (0, "rw-p"), "{mapping:?}");
    }
    let table = page_view::mapping_at(std::process::id(), own_data::table_page()).unwrap().unwrap();
    assert_ne!(table.inode, 0, "an initialised variable has the program's file: {table:?}");
}

/// A static that cannot change lies in the program's file, even if it is all zeros.
///
/// - call: running programs, success
/// - source: the ELF file, .rodata
/// - level: observed
#[test]
fn a_static_that_cannot_change_lies_in_the_programs_file_even_if_it_is_all_zeros() {
    static ZEROS: [u8; 1000] = [0; 1000];
    let address = std::hint::black_box(&ZEROS).as_ptr().addr();
    let mapping = page_view::mapping_at(std::process::id(), address).unwrap().unwrap();
    assert_ne!(mapping.inode, 0, "{mapping:?}");
    assert!(mapping.permissions.starts_with("r-"), "a constant: {mapping:?}");
}

/// A program patched in a private mapping runs unpatched.
///
/// - call: running programs, success
/// - source: mmap(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_program_patched_in_a_private_mapping_runs_unpatched() {
    let ended = scenario("patched-program", &scratch()).run();
    assert_eq!(ended.value("mapping"), "#not");
    let (runs, patched_file) = (ended.value("runs"), ended.value("patched-file"));
    match runs {
        "EACCES" => assert_eq!(patched_file, "EACCES", "nothing runs on a noexec file system"),
        _ => assert_eq!((runs, patched_file), ("I run", "ENOEXEC")),
    }
}

/// Opening the file of a running program for writing fails with `ETXTBSY`.
///
/// - call: `open`, error
/// - source: open(2), ERRORS; truncate(2), ERRORS
/// - level: Linux (not in early 6.11 and 6.12)
#[test]
fn opening_the_file_of_a_running_program_for_writing_fails_with_etxtbsy() {
    let ended = scenario("busy-program", &scratch()).run();
    if ended.value("started") == "EACCES" {
        return assert_eq!(ended.code, Some(0), "nothing runs on a noexec file system");
    }
    assert_eq!(ended.value("private-mapping"), "#not");
    for call in ["open-for-writing", "truncate"] {
        match ended.value(call) {
            // Linux 6.11 stopped refusing; 6.13 took that back, as did later 6.11 and 6.12.
            "ok" if kernel_at_least(6, 11) && !kernel_at_least(6, 13) => {}
            refused => assert_eq!(refused, "ETXTBSY", "{call}"),
        }
    }
    assert_eq!(ended.value("open-afterwards"), "ok", "when it has ended");
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
/// - level: observed (ext4, xfs, btrfs, tmpfs; overlayfs after a copy-up)
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
/// - level: observed (ext4, xfs, btrfs, tmpfs; overlayfs after a copy-up)
#[test]
fn copying_a_file_over_a_library_discards_the_private_copies_of_running_programs() {
    let Some(user) = UserOfALibrary::start() else { return };
    let copies = || user.parts().iter().map(|part| part.sum("Anonymous").unwrap()).sum::<u64>();
    assert!(copies() > 0, "the loader has stored addresses to the library's data");
    // As `cp` does: this truncates the library to length 0, then writes to it the bytes that it had.
    fs::copy(library_of_this_program(), &user.library).unwrap();
    assert_eq!(copies(), 0);
    File::options().write(true).open(&user.library).unwrap().set_len(0).unwrap();
    let code = user.parts().into_iter().find(|part| part.permissions == "r-xp").unwrap();
    assert_eq!(errno(user.bytes_of(&code)), Errno::EIO, "past the end of the file");
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
