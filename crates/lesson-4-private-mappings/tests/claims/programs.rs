//! Every program is a private mapping: its own file, and its libraries.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use common::page_size;
use course::{Program, kernel_at_least, scratch};
use lesson_4_private_mappings::own_data;
use nix::sys::statvfs::{FsFlags, statvfs};
use page_view::Mapping;

use crate::{Lettered, file_pages, scene};

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
    let code = |mapping: &&Mapping| mapping.permissions == "r-xp";
    let code = mappings.iter().find(code).unwrap();
    let states = file_pages(code.addresses.start, code.addresses.len() / page_size());
    assert!(states.contains(&Some(true)) && !states.contains(&Some(false)), "{states:?}");
    let is_library = |path: &&String| path.contains(".so");
    let library = mappings.iter().filter_map(|mapping| mapping.path.as_ref()).find(is_library);
    let library = parts(library.unwrap());
    assert!(library.contains(&"r-xp") && !library.contains(&"r-xs"), "{library:?}");
}

#[test]
fn a_store_to_an_initialised_variable_copies_one_page_of_the_programs_file() {
    let first = own_data::table_page();
    let loaded: Vec<u8> = (0..3).map(|page| own_data::load(first + page * page_size())).collect();
    assert_eq!(loaded, [1; 3], "the values that the program's file holds");
    assert_eq!(file_pages(first, 3), [Some(true); 3], "the page cache's own pages");
    own_data::store(first + page_size(), 2);
    assert_eq!(file_pages(first, 3), [Some(true), Some(false), Some(true)]);
}

#[test]
fn zeroed_variables_the_heap_and_the_stack_have_no_file() {
    let (boxed, local) = (Box::new(7), 7);
    let in_heap = std::ptr::from_ref(&*boxed).addr();
    for address in [own_data::zeroed_page(), in_heap, (&raw const local).addr()] {
        let mapping = page_view::mapping_at(std::process::id(), address).unwrap().unwrap();
        assert_eq!((mapping.inode, mapping.permissions.as_str()), (0, "rw-p"), "{mapping:?}");
    }
    let table = page_view::mapping_at(std::process::id(), own_data::table_page()).unwrap().unwrap();
    assert_ne!(table.inode, 0, "an initialised variable has the program's file: {table:?}");
}

#[test]
fn a_program_patched_in_a_private_mapping_runs_unpatched() {
    let ended = scene("patched-program", &scratch()).run();
    assert_eq!(ended.value("mapping"), "#not");
    let (runs, patched_file) = (ended.value("runs"), ended.value("patched-file"));
    match runs {
        "errno 13" => assert_eq!(patched_file, "13", "nothing runs on a noexec file system"),
        _ => assert_eq!((runs, patched_file), ("I run", libc::ENOEXEC.to_string().as_str())),
    }
}

#[test]
fn opening_the_file_of_a_running_program_for_writing_fails_with_etxtbsy() {
    let ended = scene("busy-program", &scratch()).run();
    if ended.value("started") == "13" {
        return assert_eq!(ended.code, Some(0), "nothing runs on a noexec file system");
    }
    assert_eq!(ended.value("private-mapping"), "#not");
    for call in ["open-for-writing", "truncate"] {
        match ended.value(call) {
            // Linux 6.11 stopped refusing; 6.13 took that back, as did later 6.11 and 6.12.
            "0" if kernel_at_least(6, 11) && !kernel_at_least(6, 13) => {}
            code => assert_eq!(code, libc::ETXTBSY.to_string(), "{call}"),
        }
    }
    assert_eq!(ended.value("open-afterwards"), "0", "when it has ended");
}

#[test]
fn a_librarys_file_can_be_overwritten_while_a_program_runs_it() {
    let letters = Lettered::new(1);
    let library = letters.path.with_file_name("library.so");
    fs::copy(library_of_this_program(), &library).unwrap();
    let program = env!("CARGO_BIN_EXE_lesson-4-private-mappings");
    let arguments = ["second-process".as_ref(), letters.path.as_os_str()];
    let mut other = Program::new(program, arguments).env("LD_PRELOAD", &library).start();
    other.tell("read 0 1");
    assert_eq!(other.hear(), "a", "it runs");
    let name = library.canonicalize().unwrap();
    let of_library = |mapping: &&Mapping| mapping.path.as_deref().map(Path::new) == Some(&name);
    let mappings = page_view::mappings_of(other.id()).unwrap();
    let parts: Vec<_> = mappings.iter().filter(of_library).collect();
    if parts.is_empty() {
        let mount = statvfs(&library).unwrap();
        assert!(mount.flags().contains(FsFlags::ST_NOEXEC), "it must use the copied library");
        return; // Nothing runs from here: no library either.
    }
    assert!(parts.iter().all(|part| part.permissions.ends_with('p')), "{parts:?}");
    let code = parts.iter().find(|part| part.permissions == "r-xp").unwrap();
    let memory = File::open(format!("/proc/{}/mem", other.id())).unwrap();
    let its_code = || {
        let mut bytes = [0; 8];
        memory.read_exact_at(&mut bytes, code.addresses.start as u64).unwrap();
        bytes
    };
    let before = its_code();
    assert_ne!(&before, b"new code");
    // As `cp` does: it opens the file for writing, which is allowed, and writes other bytes.
    let file = File::options().write(true).open(&library).unwrap();
    file.write_all_at(b"new code", code.offset).unwrap();
    assert_eq!(&its_code(), b"new code", "what the program would run now");
}

/// A library that this program has mapped, and so has every program of the course.
fn library_of_this_program() -> PathBuf {
    let mappings = own_data::file_mappings().unwrap();
    let paths = || mappings.iter().filter_map(|mapping| mapping.path.as_deref());
    let named = |name: &str| paths().find(|path| path.contains(name)).map(PathBuf::from);
    named("/libgcc_s.so").or_else(|| named("/libc.so")).unwrap()
}
