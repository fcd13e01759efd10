//! Any process: odd names, odd mappings, processes without memory of their own.
//!
//! # Safety
//! The files are this test's own, in a directory of mode 0700: nobody else stores to them or
//! shrinks them while they are mapped.
#![expect(unsafe_code, reason = "memory must be touched to be looked at")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::{self, Command, Stdio};

use common::{Scratch, page_size};
use course::{Ended, Program, scratch};
use memmap2::MmapRaw;

/// One page of a file with this name, mapped and loaded.
fn mapped(scratch: &Scratch, name: &[u8]) -> MmapRaw {
    let path = scratch.path().join(OsStr::from_bytes(name));
    fs::write(&path, vec![7; page_size()]).unwrap();
    let map = MmapRaw::map_raw(&File::options().read(true).write(true).open(&path).unwrap());
    let map = map.unwrap();
    // SAFETY: the mapping lives and is readable.
    unsafe { map.as_ptr().read_volatile() };
    map
}

fn page_view(arguments: &[&OsStr]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_page-view"), arguments)
}

/// All files that a process maps, a line each, however long their names are.
fn list_of(pid: u32) -> String {
    page_view(&[OsStr::new(&pid.to_string())]).succeed().replace("\n  ", "")
}

fn view_of(pid: u32, file: &[u8]) -> Ended {
    page_view(&[OsStr::new(&pid.to_string()), OsStr::from_bytes(file)]).run()
}

#[test]
fn a_name_that_is_not_utf_8_hides_nothing_and_can_be_typed_as_bytes() {
    let scratch = scratch();
    let _map = mapped(&scratch, b"caf\xe9.db");
    let me = process::id();
    let list = list_of(me);
    assert!(list.contains("/caf\\xE9.db") && list.contains("[stack]"), "{list}");
    let path = scratch.path().join(OsString::from_vec(b"caf\xe9.db".to_vec()));
    for name in [path.as_os_str().as_bytes(), b"caf\xe9.db", b"caf\\xE9.db"] {
        let ended = view_of(me, name);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("page 0     -> page cache"), "{ended:?}");
    }
    assert_eq!(view_of(me, b"[stack]").code, Some(0));
    let wrong = page_view(&[OsStr::from_bytes(b"\xe9")]).run();
    assert!(wrong.stderr.contains("not a process's number"), "{wrong:?}");
}

#[test]
fn names_that_look_like_the_kernels_own_are_files() {
    let scratch = scratch();
    let me = process::id();
    let names = ["[heap]", "trail ", "SYSV0000002a", "memfd:x", "[anon", "a b  c (deleted)"];
    let _maps: Vec<_> = names.iter().map(|name| mapped(&scratch, name.as_bytes())).collect();
    for name in names {
        let path = scratch.path().join(name);
        let ended = view_of(me, path.as_os_str().as_bytes());
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
        assert!(ended.stdout.contains(" page cache"), "{name}: {ended:?}");
    }
    let list = list_of(me);
    assert!(list.contains("/trail \n"), "the last blank is part of the name: {list:?}");
}

#[test]
fn a_name_without_its_directory_is_found_also_when_the_file_has_gone() {
    let scratch = scratch();
    let _map = mapped(&scratch, b"a-name-of-this-test");
    fs::remove_file(scratch.path().join("a-name-of-this-test")).unwrap();
    for name in ["a-name-of-this-test", "a-name-of-this-test (deleted)"] {
        let ended = view_of(process::id(), name.as_bytes());
        let unfolded = ended.stdout.replace('\n', "");
        assert!(unfolded.contains("a-name-of-this-test (deleted)"), "{ended:?}");
    }
    let missing = view_of(process::id(), b"name-of-this-test");
    assert_eq!(missing.code, Some(1), "{missing:?}");
}

#[test]
fn memory_of_the_kernel_is_no_file_and_what_cannot_be_read_is_unknown() {
    let me = process::id();
    let vdso = view_of(me, b"[vdso]").stdout;
    assert!(vdso.contains("-> kernel or device memory"), "{vdso}");
    assert!(vdso.contains("there is no file") && vdso.contains("0 kB in the page cache"), "{vdso}");
    let list = list_of(me);
    if list.contains("[vsyscall]") {
        let ended = view_of(me, b"[vsyscall]");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("page 0     unknown"), "{ended:?}");
        let me = me.to_string();
        let arguments = [&me, "[vsyscall]", "--format", "json"].map(OsStr::new);
        let json = page_view(&arguments).succeed();
        assert!(json.contains("\"present\":null"), "{json}");
    }
}

#[test]
fn a_process_that_has_ended_is_an_error_and_ends_a_watch() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let child = child.as_mut().unwrap();
    let pid = child.id().to_string();
    drop(child.stdin.take());
    let mut rest = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
    // It has closed its output, and is about to become a zombie, which nobody waits for.
    let status = || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    while !status().contains(") Z ") {}
    for more in [&["--watch"][..], &[], &["[stack]"], &["[stack]", "--watch"]] {
        let mut arguments = vec![OsStr::new(&pid)];
        arguments.extend(more.iter().map(OsStr::new));
        let ended = page_view(&arguments).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{more:?}: {ended:?}");
        assert!(ended.stderr.contains("the process has ended"), "{more:?}: {ended:?}");
    }
    child.wait().unwrap();
}

#[test]
fn a_thread_of_the_kernel_has_no_memory_of_its_own() {
    let is_kernel_thread = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let flags = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(6));
        flags
            .and_then(|flags| flags.parse::<u64>().ok())
            .is_some_and(|flags| flags & 0x20_0000 != 0)
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let Some(pid) = pids.into_iter().find(is_kernel_thread) else {
        println!("no thread of the kernel can be seen here: nothing was tried");
        return;
    };
    if !course::is_root() {
        println!("not root: nothing was tried");
        return;
    }
    let ended = page_view(&[OsStr::new(&pid.to_string())]).run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("no memory of its own"), "{ended:?}");
}
