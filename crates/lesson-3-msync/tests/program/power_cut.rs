//! The power cut, finished and killed. It needs root, to mount a disk.

use std::fs;
use std::path::Path;

use course::{scratch, undisturbed};

use crate::lesson;

#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn a_power_cut_shows_what_it_expects_and_leaves_nothing_behind() {
    let base = scratch();
    undisturbed(|| {
        let ended = lesson(["power-cut"]).env("LESSON_SCRATCH", base.path()).run();
        assert_nothing_left(base.path());
        if ended.stdout.contains("the kernel wrote") {
            return None;
        }
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let table = ended.stdout;
        let rows = table.lines().filter(|line| line.starts_with("   ")).skip(1);
        let found = rows.map(|row| row.split_at(35).1.trim_end()).collect::<Vec<_>>();
        let (nothing, record) = ("lost      nothing", "kept      the record");
        assert_eq!(found, [nothing, nothing, nothing, record, record, record], "{table}");
        Some(())
    });
}

#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn a_power_cut_that_is_killed_leaves_no_mount_and_no_loop_device() {
    let base = scratch();
    let power_cut = || lesson(["power-cut"]).env("LESSON_SCRATCH", base.path());
    let mut running = power_cut().start();
    for _ in 0..5 {
        running.hear(); // The ground, the head and the first stage: its disk is mounted.
    }
    assert!(loop_devices_on(base.path()) > 0, "the instrument sees its disk");
    running.kill();
    undisturbed(|| {
        let ended = power_cut().run(); // It also sweeps; and meanwhile the kernel lets go of the device.
        let is_disturbed = ended.stdout.contains("the kernel wrote");
        assert!(is_disturbed || ended.code == Some(0), "{ended:?}");
        (loop_devices_on(base.path()) == 0).then_some(())
    });
    assert_nothing_left(base.path());
}

/// Loop devices whose image is below `base`.
fn loop_devices_on(base: &Path) -> usize {
    let devices = fs::read_dir("/sys/block").unwrap().map(|entry| entry.unwrap().path());
    let backing =
        devices.filter_map(|path| fs::read_to_string(path.join("loop/backing_file")).ok());
    backing.filter(|file| Path::new(file).starts_with(base)).count()
}

fn assert_nothing_left(base: &Path) {
    let left = fs::read_dir(base).unwrap().map(|entry| entry.unwrap().file_name());
    let left = left.filter(|name| name != "lock").collect::<Vec<_>>();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(loop_devices_on(base), 0);
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(base.to_str().unwrap()), "{mounts}");
}
