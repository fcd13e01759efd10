//! Every program is a private mapping: its own file, and its libraries.

use common::page_size;
use course::scratch;
use lesson_4_private_mappings::own_data;
use page_view::Mapping;

use crate::{file_pages, scenario};

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
