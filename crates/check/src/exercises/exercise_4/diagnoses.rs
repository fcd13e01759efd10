//! What can be wrong with `preview`.

use crate::exercises::{Diagnosis, Last};

/// All of it, beside what all exercises share.
pub(super) const DIAGNOSES: &[Diagnosis] = &[
    Diagnosis {
        id: "wrong-output",
        is: "what is printed is not FILE with every FROM replaced by TO",
        why: "A preview that shows something else is worse than none.",
        anchor: "exercise",
        hints: [
            "Compare with `tr FROM TO < FILE | cmp - <(./exercise-4 preview FILE FROM TO)`.",
            "Every FROM counts, in the first byte and in the last; bytes are not characters.",
        ],
        last: Last {
            rust: "The slice of `map_copy` has as many bytes as FILE: write it by `write_all`, which goes on until all are written.",
            c: "Write `st_size` bytes: call `write` again until all are written, or `fwrite`. A NUL ends a C string, and does not end FILE: `printf(\"%s\")` and `strlen` stop there. A plain `char` may be negative: compare as `unsigned char`.",
            python: "`sys.stdout.buffer.write(m)` writes all of `m`; `os.write` may write fewer bytes. `m[at]` is a number, and `os.fsencode(sys.argv[3])[0]` is FROM's.",
        },
    },
    Diagnosis {
        id: "empty-file",
        is: "an empty FILE is taken for a failure",
        why: "Nothing to replace is no mistake; `tr` says nothing about it, either.",
        anchor: "exercise",
        hints: ["What does mmap answer to a length of 0?", "EINVAL: no bytes cannot be mapped."],
        last: Last {
            rust: "Ask for `metadata()?.len()` first; if it is 0, there is nothing to do: exit status 0.",
            c: "Ask for `st_size` by `fstat` first; if it is 0, there is nothing to do: exit status 0.",
            python: "`mmap.mmap` of an empty file raises `ValueError`. Ask for `os.fstat(fd).st_size` first; if it is 0, there is nothing to do: exit status 0.",
        },
    },
    Diagnosis {
        id: "file-changed",
        is: "FILE has changed",
        why: "A preview was asked for, and the original is gone.",
        anchor: "how-it-works",
        hints: [
            "What is the difference between MAP_SHARED and MAP_PRIVATE? And does a call empty FILE, or give it another size?",
            "A store through a shared mapping is a store to the file. An open with O_TRUNC, or with the mode \"w\", empties the file.",
        ],
        last: Last {
            rust: "memmap2's `map_copy`, and FILE opened by `File::open`.",
            c: "MAP_PRIVATE, and FILE opened with O_RDONLY.",
            python: "`access=mmap.ACCESS_COPY`, and FILE opened by `os.open` with `os.O_RDONLY`.",
        },
    },
    Diagnosis {
        id: "file-touched",
        is: "FILE's time of modification has changed",
        why: "Backups and build tools take the file for a new one.",
        anchor: "exercise",
        hints: [
            "Which of your calls could change a file that only gets looked at?",
            "Times, lengths, names: nothing of FILE is to be set, and nothing written back.",
        ],
        last: Last {
            rust: "`File::open`, `metadata` and `map_copy` are enough.",
            c: "`open` with O_RDONLY, `fstat`, `mmap` with MAP_PRIVATE are enough.",
            python: "`os.open` with `os.O_RDONLY`, `os.fstat`, `mmap.mmap` with `access=mmap.ACCESS_COPY` are enough.",
        },
    },
    Diagnosis {
        id: "opened-for-writing",
        is: "FILE is opened for writing",
        why: "People without the right to write FILE can preview it, too. And a file that is not open for \
              writing cannot be changed by mistake.",
        anchor: "where-it-bites",
        hints: [
            "Which mapping needs a descriptor that may write?",
            "Only a shared one that is writable. A private one is content with O_RDONLY.",
        ],
        last: Last {
            rust: "`File::open`, then `map_copy`: you may store to its pages, because no store reaches FILE.",
            c: "`open(path, O_RDONLY)`; then PROT_READ | PROT_WRITE with MAP_PRIVATE.",
            python: "`os.open(path, os.O_RDONLY)`; then `access=mmap.ACCESS_COPY`. `open(path, \"r+b\")` opens for writing.",
        },
    },
    Diagnosis {
        id: "copied-without-need",
        is: "pages are copied that hold no FROM",
        why: "Every copied page is memory of your own; a preview of a large file should cost what \
              it changes.",
        anchor: "how-it-works",
        hints: [
            "What makes the kernel copy a page: a different byte, or a store?",
            "A store copies the page, even a store of the byte that is there; and to populate a private, writable mapping copies every page.",
        ],
        last: Last {
            rust: "Load first; store only where a FROM is (`iter_mut().filter(…)`), and nothing at all if FROM equals TO. Leave out `populate`.",
            c: "Load first (`memchr` finds the next FROM); store only there, and nothing at all if FROM equals TO. Leave out MAP_POPULATE.",
            python: "`m.find` finds the next FROM; store only there, and nothing at all if FROM equals TO. `m[:] = …` stores to every page.",
        },
    },
    Diagnosis {
        id: "copied-though-equal",
        is: "pages are copied although FROM equals TO, and nothing changes",
        why: "A store copies its page, even if it stores the byte that is there.",
        anchor: "how-it-works",
        hints: [
            "What is there to replace if FROM equals TO?",
            "Nothing. Then print FILE's bytes as they are, and store none.",
        ],
        last: Last {
            rust: "`if from != to { … }` around the loop that stores.",
            c: "`if (from != to)` before the loop that stores.",
            python: "`if frm != to:` before the loop that stores.",
        },
    },
    Diagnosis {
        id: "populated",
        is: "a call populated the private mapping for stores, which copies every page",
        why: "To populate a private, writable mapping (MAP_POPULATE, MADV_POPULATE_WRITE, `mlock`) is to copy all of its pages, before you store a byte.",
        anchor: "how-it-works",
        hints: [
            "`seen` names the call. When does the kernel copy a page without it?",
            "Without this call, the kernel copies a page at its first store, and no other page.",
        ],
        last: Last {
            rust: "Leave out `populate()` of `MmapOptions`, `Advice::PopulateWrite` and `lock`. Then store only where a FROM is.",
            c: "Leave out MAP_POPULATE, MADV_POPULATE_WRITE and `mlock`. Then store only where a FROM is.",
            python: "Leave out `mmap.MAP_POPULATE`, and `m.madvise` with 23, which is MADV_POPULATE_WRITE. Then store only where a FROM is.",
        },
    },
    Diagnosis {
        id: "shared-mapping-edited",
        is: "FILE is mapped with MAP_SHARED: no page of FILE was copied",
        why: "The kernel copies no page of a shared mapping: a store goes to FILE itself.",
        anchor: "the-code",
        hints: [
            "Which kind of mapping keeps your stores from FILE?",
            "A private one: the kernel copies a page at your first store in it.",
        ],
        last: Last {
            rust: "memmap2's `map_copy`, not `map_mut`; and FILE opened by `File::open`.",
            c: "MAP_PRIVATE, not MAP_SHARED; and FILE opened with O_RDONLY.",
            python: "`access=mmap.ACCESS_COPY`, not `ACCESS_WRITE` (the default); and FILE opened by `os.open` with `os.O_RDONLY`.",
        },
    },
    Diagnosis {
        id: "not-edited-in-place",
        is: "the output is right, but no private mapping of FILE was edited",
        why: "The exercise is the copy that the kernel makes, a page at a time, not one made by \
              hand.",
        anchor: "the-code",
        hints: [
            "Where do the changed bytes lie before they are printed?",
            "Make a private mapping of FILE that you may store to, and store into the mapping itself.",
        ],
        last: Last {
            rust: "Store into the slice of `map_copy`, then write standard output from the same slice; no `to_vec`.",
            c: "`mmap` with PROT_READ | PROT_WRITE and MAP_PRIVATE; store through its pointer, then `write` from the same pointer; no `malloc`.",
            python: "`mmap.mmap(fd, 0, access=mmap.ACCESS_COPY)`; `m[at] = to`, then `sys.stdout.buffer.write(m)`. `m[:]` and `bytes(m)` are copies made by hand.",
        },
    },
    Diagnosis {
        id: "wrong-call-taken",
        is: "a wrong call is taken for a right one",
        why: "If the program takes two letters where one belongs, the user gets something that they did not ask for.",
        anchor: "exercise",
        hints: [
            "FROM and TO are exactly one byte each: not none, not two.",
            "`é` is one character and, in UTF-8, two bytes. Check before FILE is opened.",
        ],
        last: Last {
            rust: "`argument.as_bytes().len() == 1`, by `std::os::unix::ffi::OsStrExt`; otherwise one line of usage, exit status 2.",
            c: "`strlen(argv[3]) == 1 && strlen(argv[4]) == 1`; otherwise one line of usage, exit status 2.",
            python: "`len(os.fsencode(sys.argv[3])) == 1`, and the same for TO; otherwise one line of usage, exit status 2. `len` of a `str` counts characters.",
        },
    },
    Diagnosis {
        id: "other-command-taken",
        is: "another command is taken for `preview`",
        why: "The user mistyped the command, and nobody said so.",
        anchor: "exercise",
        hints: [
            "What does your program do with its first argument?",
            "Compare it with `preview`, whole. Anything else is a wrong call.",
        ],
        last: Last {
            rust: "`arguments.first().is_some_and(|word| word == \"preview\")`; otherwise one line of usage, exit status 2.",
            c: "`strcmp(argv[1], \"preview\") == 0`, when `argc` is 5; otherwise one line of usage, exit status 2.",
            python: "`sys.argv[1] == \"preview\"`, when `len(sys.argv)` is 5; otherwise one line of usage, exit status 2.",
        },
    },
];
