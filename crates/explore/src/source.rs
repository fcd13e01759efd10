//! Source lines: at which line of its own source a stopped process stands.
//!
//! A store or a call is often made by a library, such as the C library, for a line of the program. So the
//! stack is unwound, by the tables that every program has for that (.eh_frame), up to the first instruction
//! of the program's own. The program's debug information knows the line. A program without debug
//! information has no lines, nor has a script: its interpreter is the program.
//!
//! What cannot be read is no error: then there is no line.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use addr2line::Context;
use gimli::{BaseAddresses, CfaRule, EhFrame, RegisterRule, UnwindSection};
use nix::unistd::Pid;
use object::{Object, ObjectSection, ObjectSegment};
use tracer::arch::{DWARF_NEXT, DWARF_REGISTERS, DWARF_STACK, Registers};

/// A line of a program's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The file, as the compiler was given it, with the directory in which the compiler ran.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
}

/// The debug information of the programs and libraries that processes have mapped, read once.
#[derive(Default)]
pub struct Sources {
    modules: BTreeMap<PathBuf, Option<Module>>,
}

/// The bytes of one section of a file.
type Bytes = gimli::EndianArcSlice<gimli::NativeEndian>;
/// All registers, by their numbers in DWARF.
type Frame = [u64; DWARF_REGISTERS];

/// The most callers that are looked through.
const DEEPEST: usize = 64;
/// A larger program is not read.
const LARGEST: u64 = 64 << 20;

/// A program or a library.
struct Module {
    /// For each part that is loaded: where it is in the file, its size, and its address in the tables.
    parts: Vec<[u64; 3]>,
    unwind: Option<(EhFrame<Bytes>, BaseAddresses)>,
    lines: Option<Context<Bytes>>,
}

/// Executable memory of a process, and the file that is mapped there.
struct Mapped {
    start: u64,
    end: u64,
    /// The file's byte at `start`.
    offset: u64,
    file: PathBuf,
}

impl Sources {
    /// The line of its own source at which a stopped process stands.
    #[must_use]
    pub fn line(&mut self, process: Pid) -> Option<SourceLine> {
        let program = fs::read_link(format!("/proc/{process}/exe")).ok()?;
        let maps = executable_mappings(process)?;
        let mut frame = Registers::of(process).ok()?.by_dwarf();
        for depth in 0..DEEPEST {
            // A return address is behind the call, and may be another line's.
            let at = frame[DWARF_NEXT].checked_sub(u64::from(depth > 0))?;
            let mapped = maps.iter().find(|mapped| (mapped.start..mapped.end).contains(&at))?;
            let module = self.module(&mapped.file)?;
            let address = module.address(at - mapped.start + mapped.offset)?;
            if mapped.file == program
                && let Some(line) = module.own_line(address)
            {
                return Some(line);
            }
            frame = module.caller(process, address, &frame)?;
        }
        None
    }

    fn module(&mut self, file: &Path) -> Option<&Module> {
        if !self.modules.contains_key(file) {
            self.modules.insert(file.into(), Module::read(file));
        }
        self.modules.get(file)?.as_ref()
    }
}

/// Has this program debug information with lines?
#[must_use]
pub fn has_lines(program: &Path) -> bool {
    let Some(bytes) = bytes_of(program) else { return false };
    object::File::parse(&*bytes).is_ok_and(|file| file.section_by_name(".debug_line").is_some())
}

/// The bytes of a program's file.
fn bytes_of(file: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let opened = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(file).ok()?;
    let found = opened.metadata().ok()?;
    if !found.is_file() || found.len() > LARGEST {
        return None;
    }
    opened.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn executable_mappings(process: Pid) -> Option<Vec<Mapped>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let mapped = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        words.next().filter(|permissions| permissions.contains('x'))?;
        let offset = number(words.next()?)?;
        let file = line.find('/').and_then(|at| line.get(at..))?.into();
        Some(Mapped { start: number(start)?, end: number(end)?, offset, file })
    };
    Some(maps.lines().filter_map(mapped).collect())
}

impl Module {
    fn read(file: &Path) -> Option<Self> {
        let bytes = bytes_of(file)?;
        let object = object::File::parse(&*bytes).ok()?;
        let section = |name: &str| {
            let data = object.section_by_name(name).and_then(|section| section.data().ok());
            Bytes::new(Arc::from(data.unwrap_or_default()), gimli::NativeEndian)
        };
        let address = |name: &str| object.section_by_name(name).map(|section| section.address());
        let parts = object.segments().map(|segment| {
            let (offset, size) = segment.file_range();
            [offset, size, segment.address()]
        });
        let unwind = address(".eh_frame").map(|at| {
            let bases = BaseAddresses::default().set_eh_frame(at);
            let bases = bases.set_text(address(".text").unwrap_or_default());
            (EhFrame::from(section(".eh_frame")), bases)
        });
        let lines = object.section_by_name(".debug_line").and_then(|_| {
            let dwarf = gimli::Dwarf::load(|id| Ok::<_, gimli::Error>(section(id.name()))).ok()?;
            Context::from_dwarf(dwarf).ok()
        });
        Some(Self { parts: parts.collect(), unwind, lines })
    }

    /// The address that the file's tables use for a byte of the file. Where the kernel has mapped the file
    /// does not matter.
    fn address(&self, offset: u64) -> Option<u64> {
        let part = self.parts.iter().find(|[start, size, _]| {
            offset.checked_sub(*start).is_some_and(|inside| inside < *size)
        });
        part.map(|[start, _, address]| offset - start + address)
    }

    /// The line of the program's own source: the innermost one, if functions are inlined.
    fn own_line(&self, address: u64) -> Option<SourceLine> {
        let mut frames = self.lines.as_ref()?.find_frames(address).skip_all_loads().ok()?;
        while let Some(frame) = frames.next().ok()? {
            let found = frame.location.and_then(|location| {
                let (file, line) = (location.file?, location.line.filter(|line| *line > 0)?);
                Some(SourceLine { file: file.into(), line })
            });
            if let Some(found) = found.filter(|found| is_own(&found.file)) {
                return Some(found);
            }
        }
        None
    }

    /// The registers of the caller, as far as they are known.
    fn caller(&self, process: Pid, address: u64, frame: &Frame) -> Option<Frame> {
        let (table, bases) = self.unwind.as_ref()?;
        let mut context = gimli::UnwindContext::new();
        let row = table
            .unwind_info_for_address(bases, &mut context, address, EhFrame::cie_from_offset)
            .ok()?;
        let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
        let start = frame.get(usize::from(register.0))?.checked_add_signed(*offset)?;
        let mut caller = *frame;
        for (number, value) in caller.iter_mut().enumerate() {
            let register = gimli::Register(u16::try_from(number).ok()?);
            match row.register(register) {
                Some(RegisterRule::Offset(offset)) => {
                    *value = word(process, start.checked_add_signed(offset)?)?;
                }
                Some(RegisterRule::Undefined) | None if number == DWARF_NEXT => return None,
                _ => {}
            }
        }
        caller[DWARF_STACK] = start;
        Some(caller)
    }
}

fn word(process: Pid, address: u64) -> Option<u64> {
    let bytes =
        tracer::memory(process, usize::try_from(address).ok()?, size_of::<u64>()).ok()??;
    bytes.try_into().ok().map(u64::from_ne_bytes)
}

/// Is this a file of the program, and not of a library whose code is in the program?
fn is_own(file: &Path) -> bool {
    const LIBRARIES: [&str; 2] = ["/rustc/", "/usr/"];
    const INSIDE: [&str; 3] = ["/.cargo/registry/", "/.cargo/git/", "/lib/rustlib/src/"];
    let path = file.to_string_lossy();
    !LIBRARIES.iter().any(|start| path.starts_with(start))
        && !INSIDE.iter().any(|part| path.contains(part))
}
