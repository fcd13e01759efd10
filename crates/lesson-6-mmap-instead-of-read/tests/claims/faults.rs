//! What a page fault brings, and when none is needed.

use common::page_size;
use course::{file_system, kernel_at_least, scratch};
use lesson_6_mmap_instead_of_read::View;
use lesson_6_mmap_instead_of_read::cost::{Cost, cached, chill, cost_of, mapped, write_lines};
use memmap2::{Advice, MmapOptions};

use crate::file;

const PAGES: usize = 256;

/// What it costs to load a byte of each of the view's pages.
fn touch_all(view: &View) -> Cost {
    cost_of_loads(view, (0..view.len()).step_by(page_size()))
}

fn cost_of_loads(view: &View, offsets: impl IntoIterator<Item = usize>) -> Cost {
    let loads = || {
        offsets.into_iter().for_each(|offset| view.copy_to(offset, &mut [0]));
        Ok(())
    };
    cost_of(loads).expect("count the faults").1
}

#[test]
fn mapping_a_file_loads_none_of_it() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    chill(&file, &path).expect("chill");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    assert_eq!(
        mapped(view.address(), view.len()).expect("pagemap"),
        0,
        "nothing in the page table"
    );
    let expected = match file_system(&path) {
        "tmpfs" => PAGES, // Its files are nowhere but in memory.
        _ => 0,
    };
    assert_eq!(cached(view.address(), view.len()).expect("mincore"), expected);
}

#[test]
fn the_first_touch_of_a_page_that_is_on_the_disk_only_is_a_major_fault() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    chill(&file, &path).expect("chill");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    let cold = cost_of_loads(&view, [0]);
    let expected = match file_system(&path) {
        "tmpfs" => (1, 0),
        _ => (0, 1),
    };
    assert_eq!((cold.minor, cold.major), expected, "{cold:?}");
    let warm = cost_of_loads(&view, [0]);
    assert_eq!((warm.minor, warm.major), (0, 0), "the second touch is a plain load: {warm:?}");
}

#[test]
fn one_fault_brings_the_neighbouring_pages_that_are_in_the_page_cache() {
    let scratch = scratch();
    let (file, _) = file(&scratch, PAGES);
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    let cost = cost_of_loads(&view, [0]);
    assert_eq!(cost.minor, 1, "{cost:?}");
    let brought = mapped(view.address(), view.len()).expect("pagemap");
    assert!(brought > 1, "one load, one fault, {brought} pages");
    let all = touch_all(&view);
    assert!(all.minor > 0 && all.minor < PAGES as i64 / 2, "far fewer faults than pages: {all:?}");
}

#[test]
fn a_second_pass_over_a_mapping_faults_no_more() {
    let scratch = scratch();
    let (file, _) = file(&scratch, PAGES);
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    assert!(touch_all(&view).minor > 0, "the first pass faults");
    let second = touch_all(&view);
    assert_eq!((second.minor, second.major), (0, 0), "{second:?}");
}

#[test]
fn a_file_written_in_large_pieces_costs_fewer_faults_where_folios_are_large_and_no_more_elsewhere()
{
    let scratch = scratch();
    let length = 8 << 20;
    let faults = |name: &str, piece| {
        let file = write_lines(&scratch.path().join(name), length, piece).expect("write");
        touch_all(&View::of(&file, length).expect("mmap")).minor
    };
    let (small, large) = (faults("small", page_size()), faults("large", 1 << 20));
    let has_large_folios = match file_system(scratch.path()) {
        "ext4" => kernel_at_least(6, 16),
        "xfs" => true, // Since 6.6 for what is written.
        _ => false,
    };
    let fewer = if has_large_folios { large < small } else { large <= small };
    assert!(fewer, "large pieces: {large} faults; small ones: {small}");
}

#[test]
fn map_populate_leaves_no_fault_for_later() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    chill(&file, &path).expect("chill");
    let length = PAGES * page_size();
    let memory = MmapOptions::new().len(length).populate().map_raw_read_only(&file).expect("mmap");
    assert_eq!(mapped(memory.as_ptr().addr(), length).expect("pagemap"), PAGES);
}

#[test]
fn madv_populate_read_leaves_no_fault_for_later() {
    let scratch = scratch();
    let (file, path) = file(&scratch, PAGES);
    chill(&file, &path).expect("chill");
    let view = View::of(&file, PAGES * page_size()).expect("mmap");
    assert_eq!(mapped(view.address(), view.len()).expect("pagemap"), 0);
    view.advise(Advice::PopulateRead).expect("madvise");
    let cost = touch_all(&view);
    assert_eq!((cost.minor, cost.major), (0, 0), "{cost:?}");
}
