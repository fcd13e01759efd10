//! What looking costs: bytes that are read from `/proc`, not seconds. In a process of its own, since
//! it has thousands of mappings.

use std::fs::{self, File};
use std::process;

use common::page_size;
use course::scratch;
use memmap2::MmapRaw;
use page_view::{View, identity_of, mappings_of, maps_of};

const MAPPINGS: usize = 2000;

/// Bytes that this thread has read so far; `None` if the kernel does not count them.
fn bytes_read() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/io").ok()?;
    text.lines().next()?.strip_prefix("rchar: ")?.parse().ok()
}

#[test]
fn a_view_of_one_mapping_among_two_thousand_reads_at_most_twice_what_smaps_holds() {
    let scratch = scratch();
    let path = scratch.path().join("many");
    fs::write(&path, vec![7; 2 * page_size()]).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    let maps: Vec<_> = (0..MAPPINGS).map(|_| MmapRaw::map_raw(&file).unwrap()).collect();
    let smaps = fs::read("/proc/self/smaps").unwrap().len() as u64;
    let cost = |look: &dyn Fn()| {
        let before = bytes_read()?;
        look();
        Some(bytes_read()? - before)
    };
    let me = process::id();
    let one = || {
        let mut views = vec![View::at(me, maps[MAPPINGS / 2].as_ptr().addr()).unwrap()];
        View::add_sums(&mut views).unwrap();
        assert_eq!(views[0].sum("Size"), Some(2 * page_size() as u64));
    };
    let all = || {
        let identity = identity_of(&path).unwrap();
        let mut mappings = maps_of(me).unwrap();
        mappings.retain(|mapping| (mapping.device, mapping.inode) == identity);
        assert_eq!(mappings.len(), MAPPINGS);
        let mut views = View::of_mappings(me, mappings).unwrap();
        View::add_sums(&mut views).unwrap();
        assert!(views.iter().all(|view| view.sum("Rss").is_some()));
    };
    let list = || assert!(mappings_of(me).unwrap().len() > MAPPINGS);
    for (name, look) in [("one", &one as &dyn Fn()), ("all", &all), ("list", &list)] {
        match cost(look) {
            Some(read) => assert!(read <= 2 * smaps, "{name}: {read} bytes; smaps has {smaps}"),
            None => println!("this kernel does not count what a thread reads"),
        }
    }
    // Without the sums, smaps is not read at all.
    if let Some(read) = cost(&|| drop(View::at(me, maps[0].as_ptr().addr()).unwrap())) {
        assert!(read < smaps / 2, "{read} bytes; smaps has {smaps}");
    }
}
