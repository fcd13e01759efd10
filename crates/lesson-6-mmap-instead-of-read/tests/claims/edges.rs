//! Many files, sparse files, and buffers that are mappings.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;

use common::page_size;
use course::{file_system, scratch};
use lesson_6_mmap_instead_of_read::job::PIECE;
use lesson_6_mmap_instead_of_read::{Region, View};

use crate::{file, scene};

#[test]
fn a_hole_is_zeros_in_a_mapping_and_costs_no_disk() {
    let scratch = scratch();
    let path = scratch.path().join("sparse");
    let file = File::options().read(true).write(true).create_new(true).open(&path).expect("open");
    file.set_len(1 << 40).expect("ftruncate");
    let view = View::of(&file, 1 << 40).expect("a terabyte is mapped at once");
    for offset in [0, 1 << 39, (1 << 40) - 1] {
        let mut byte = [1];
        view.copy_to(offset, &mut byte);
        assert_eq!(byte, [0], "at {offset}");
    }
    let bytes = file.metadata().expect("stat").blocks() * 512;
    match file_system(&path) {
        "tmpfs" => assert!(bytes >= 3 * page_size() as u64, "a page for each load: {bytes}"),
        _ => assert_eq!(bytes, 0, "none on the disk"),
    }
}

#[test]
fn more_files_can_be_mapped_than_descriptors_be_held() {
    let ended = scene("more-mappings-than-descriptors", &scratch()).run();
    assert_eq!(ended.value("bytes"), (100 * PIECE).to_string(), "{ended:?}");
    assert_eq!(ended.value("with-descriptors"), libc::EMFILE.to_string(), "{ended:?}");
}

#[test]
fn a_mapping_can_be_the_buffer_of_a_write() {
    let scratch = scratch();
    let (file, path) = file(&scratch, 16);
    let length = 16 * page_size();
    let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED).expect("mmap");
    let copy = scratch.path().join("copy");
    let written = region.write_to(File::create_new(&copy).expect("open"), 0, length);
    assert_eq!(written.expect("write"), length, "in one call");
    assert!(fs::read(copy).expect("read") == fs::read(path).expect("read"), "the same bytes");
}
