//! Registers and stores of x86-64.

use std::ffi::c_long;
use std::mem::offset_of;
use std::ops::RangeInclusive;
use std::{io, ptr};

use iced_x86::{
    Code, Decoder, DecoderOptions, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind,
    Register, UsedMemory,
};
use nix::sys::ptrace;
use nix::unistd::Pid;

use super::{LoadInstruction, StoreForm, StoreInstruction, StoreKind, Swap};

/// Whether a store can be trapped and then made on its own.
pub const TRAPS_STORES: bool = true;
/// What seccomp calls this architecture.
pub const AUDIT_ARCHITECTURE: u32 = 0xC000_003E;
/// Call numbers from here on belong to another table: that of x32.
pub const FOREIGN_NUMBERS: u32 = 0x4000_0000;
/// Calls of which it is known where they store: those up to `rseq`, and the newer ones up to `mseal`.
pub const KNOWN_CALLS: [RangeInclusive<i64>; 2] =
    [libc::SYS_read..=libc::SYS_rseq, libc::SYS_pidfd_send_signal..=libc::SYS_mseal];
/// The longest instruction, in bytes.
pub const LONGEST_INSTRUCTION: usize = 15;

/// The numbers of calls that newer architectures do not have.
pub mod legacy {
    pub use libc::{
        SYS_alarm, SYS_arch_prctl, SYS_creat, SYS_dup2, SYS_epoll_wait, SYS_fork, SYS_link,
        SYS_open, SYS_pause, SYS_poll, SYS_rename, SYS_select, SYS_time, SYS_unlink, SYS_vfork,
    };

    /// Those that only look at a file's name or state.
    pub const LOOKS: [i64; 5] =
        [libc::SYS_stat, libc::SYS_lstat, libc::SYS_access, libc::SYS_readlink, SYS_time];
}

/// A stopped tracee's registers, named by what they hold. What has no field here is put back as it
/// was.
#[derive(Clone, Copy)]
pub struct Registers {
    /// The next instruction's address.
    pub at: u64,
    /// A system call's number before the call, its result after it.
    pub result: u64,
    /// The number of the call that the tracee is in; `u64::MAX` makes it none.
    pub call: u64,
    /// A system call's six arguments.
    pub arguments: [u64; 6],
    /// The top of the stack.
    pub stack: u64,
    /// How many iterations of a repeated instruction are left.
    pub iterations: u64,
    /// How wide the code is, in bits.
    bits: u32,
    raw: libc::user_regs_struct,
}

/// How many words can be watched at a time.
pub const WATCHPOINTS: usize = 4;

/// Stops a tracee after each access to the four bytes at one of the `addresses`, by the debug registers.
pub(crate) fn watch_words(pid: Pid, addresses: &[u64]) -> io::Result<()> {
    // DR7, for each register: enabled for this thread (1), loads and stores (3), of four bytes (3).
    let one = |place: usize| -> c_long {
        1 << (2 * place) | 3 << (16 + 4 * place) | 3 << (18 + 4 * place)
    };
    if addresses.len() > WATCHPOINTS {
        return Err(io::ErrorKind::Unsupported.into());
    }
    for (place, address) in addresses.iter().enumerate() {
        put_debug_register(pid, place, address.cast_signed())?;
    }
    put_debug_register(pid, CONTROL, (0..addresses.len()).map(one).fold(0, |all, bits| all | bits))
}

/// Which of the watched words the last instruction has accessed, a bit each; and forgets that.
pub(crate) fn accessed_words(pid: Pid) -> io::Result<u8> {
    const HIT: c_long = 0xf;
    let place = ptr::without_provenance_mut(debug_register(STATUS));
    let status = ptrace::read_user(pid, place)?;
    put_debug_register(pid, STATUS, 0)?;
    u8::try_from(status & HIT).map_err(io::Error::other)
}

/// Which debug register says what has happened, and which one says what is watched.
const STATUS: usize = 6;
const CONTROL: usize = 7;

fn debug_register(number: usize) -> usize {
    offset_of!(libc::user, u_debugreg) + number * size_of::<c_long>()
}

fn put_debug_register(pid: Pid, number: usize, value: c_long) -> io::Result<()> {
    let place = ptr::without_provenance_mut(debug_register(number));
    ptrace::write_user(pid, place, value).map_err(io::Error::from)
}

impl Registers {
    /// Those of a stopped tracee.
    ///
    /// # Errors
    /// ESRCH: it was killed meanwhile.
    pub fn of(pid: Pid) -> io::Result<Self> {
        const LONG_MODE: u64 = 0x33; // The code segment of 64-bit programs; 0x23 is the 32-bit ones'.
        let raw = ptrace::getregs(pid)?;
        Ok(Self {
            at: raw.rip,
            result: raw.rax,
            call: raw.orig_rax,
            arguments: [raw.rdi, raw.rsi, raw.rdx, raw.r10, raw.r8, raw.r9],
            stack: raw.rsp,
            iterations: raw.rcx,
            bits: if raw.cs == LONG_MODE { 64 } else { 32 },
            raw,
        })
    }

    /// Gives them to a stopped tracee, but for the stack, the iterations and the width.
    ///
    /// # Errors
    /// ESRCH: it was killed meanwhile.
    pub fn put(self, pid: Pid) -> io::Result<()> {
        let [rdi, rsi, rdx, r10, r8, r9] = self.arguments;
        let (rip, rax, orig_rax) = (self.at, self.result, self.call);
        let raw =
            libc::user_regs_struct { rip, rax, orig_rax, rdi, rsi, rdx, r10, r8, r9, ..self.raw };
        Ok(ptrace::setregs(pid, raw)?)
    }

    /// All of them by their numbers in DWARF, the next instruction's address last: what an unwinder needs.
    #[must_use]
    pub fn by_dwarf(&self) -> [u64; DWARF_REGISTERS] {
        let raw = &self.raw;
        let low = [raw.rax, raw.rdx, raw.rcx, raw.rbx, raw.rsi, raw.rdi, raw.rbp, raw.rsp];
        let high = [raw.r8, raw.r9, raw.r10, raw.r11, raw.r12, raw.r13, raw.r14, raw.r15];
        let mut all = [raw.rip; DWARF_REGISTERS];
        for (place, value) in all.iter_mut().zip(low.into_iter().chain(high)) {
            *place = value;
        }
        all
    }

    /// What a register holds that an address is computed from; of a segment register, where it begins.
    fn value(&self, register: Register) -> u64 {
        let raw = &self.raw;
        match register.full_register() {
            Register::RAX => raw.rax,
            Register::RBX => raw.rbx,
            Register::RCX => raw.rcx,
            Register::RDX => raw.rdx,
            Register::RSI => raw.rsi,
            Register::RDI => raw.rdi,
            Register::RBP => raw.rbp,
            Register::RSP => raw.rsp,
            Register::R8 => raw.r8,
            Register::R9 => raw.r9,
            Register::R10 => raw.r10,
            Register::R11 => raw.r11,
            Register::R12 => raw.r12,
            Register::R13 => raw.r13,
            Register::R14 => raw.r14,
            Register::R15 => raw.r15,
            Register::FS => raw.fs_base,
            Register::GS => raw.gs_base,
            _ => 0, // The other segments begin at 0.
        }
    }

    /// Goes back to the syscall instruction that has just been executed, with the number in its place.
    pub(crate) fn repeat(&mut self, number: i64) {
        self.at = syscall_instruction(self.at);
        self.result = number.cast_unsigned();
    }
}

/// How many registers an unwinder of DWARF knows here.
pub const DWARF_REGISTERS: usize = 17;
/// The number of the stack pointer in DWARF.
pub const DWARF_STACK: usize = 7;
/// The number of the next instruction's address in DWARF.
pub const DWARF_NEXT: usize = 16;

/// The address of the syscall instruction before `next`.
#[must_use]
pub fn syscall_instruction(next: u64) -> u64 {
    const LENGTH: u64 = 2;
    next.wrapping_sub(LENGTH)
}

/// How an instruction stores.
fn kind_of(instruction: &Instruction) -> StoreKind {
    use Mnemonic::{
        Maskmovdqu, Maskmovq, Vmaskmovdqu, Vmaskmovpd, Vmaskmovps, Vpmaskmovd, Vpmaskmovq,
    };
    let repeats = instruction.has_rep_prefix() || instruction.has_repne_prefix();
    match instruction.mnemonic() {
        _ if repeats && instruction.is_string_instruction() => StoreKind::Repeated,
        Mnemonic::Xchg => StoreKind::Locked,
        _ if instruction.has_lock_prefix() => StoreKind::Locked,
        Maskmovq | Maskmovdqu | Vmaskmovdqu | Vmaskmovps | Vmaskmovpd | Vpmaskmovd | Vpmaskmovq => {
            StoreKind::Masked
        }
        _ if instruction.has_op_mask() => StoreKind::Masked,
        _ => StoreKind::Plain,
    }
}

/// Decodes the instruction at which a tracee stands before a store; `None` if it is none.
#[must_use]
pub fn decode_store(code: &[u8], registers: &Registers) -> Option<StoreInstruction> {
    /// The widest store that one instruction makes: a vector register of 512 bits.
    const WIDEST: usize = 64;
    let Registers { at, iterations, bits, .. } = *registers;
    let mut decoder = Decoder::with_ip(bits, code, at, DecoderOptions::NONE);
    let instruction = decoder.decode();
    if instruction.code() == Code::INVALID {
        return None;
    }
    let mut factory = InstructionInfoFactory::new();
    let memory = factory.info(&instruction).used_memory();
    let writes = |access| {
        use OpAccess::{CondWrite, ReadCondWrite, ReadWrite, Write};
        matches!(access, Write | CondWrite | ReadWrite | ReadCondWrite)
    };
    let sizes = memory.iter().filter(|used| writes(used.access()));
    let size = sizes.map(|used| used.memory_size().size()).max().unwrap_or(0);
    let kind = kind_of(&instruction);
    let loads = |access| matches!(access, OpAccess::ReadWrite | OpAccess::ReadCondWrite);
    let brings = brought_along(&instruction, registers);
    let form = match instruction.mnemonic() {
        Mnemonic::Xchg => StoreForm::Exchange { stores: brings },
        Mnemonic::Cmpxchg => {
            let expects = registers.result; // The accumulator, of the operand's width.
            StoreForm::CompareExchange { swap: brings.map(|stores| Swap { expects, stores }) }
        }
        Mnemonic::Cmpxchg8b | Mnemonic::Cmpxchg16b => StoreForm::CompareExchange { swap: None },
        Mnemonic::Add | Mnemonic::Xadd => StoreForm::Update { adds: brings },
        Mnemonic::Sub => StoreForm::Update { adds: brings.map(u64::wrapping_neg) },
        Mnemonic::Inc => StoreForm::Update { adds: Some(1) },
        Mnemonic::Dec => StoreForm::Update { adds: Some(1_u64.wrapping_neg()) },
        _ if memory.iter().any(|used| loads(used.access())) => StoreForm::Update { adds: None },
        _ => StoreForm::Store,
    };
    let size = if (1..=WIDEST).contains(&size) { size } else { WIDEST };
    Some(StoreInstruction { kind, form, size, at, iterations })
}

/// The operand beside the memory: a number in the instruction, or what is in a register, as its low bytes.
fn brought_along(instruction: &Instruction, registers: &Registers) -> Option<u64> {
    let mut operands = 0..instruction.op_count();
    let operand = operands.find(|at| instruction.op_kind(*at) != OpKind::Memory)?;
    if instruction.op_kind(operand) != OpKind::Register {
        return instruction.try_immediate(operand).ok();
    }
    let register = instruction.op_register(operand);
    let is_high = matches!(register, Register::AH | Register::BH | Register::CH | Register::DH);
    Some(registers.value(register) >> if is_high { 8 } else { 0 })
}

/// Decodes the instruction at which a tracee stands before an access to `address`: what it loads there.
/// `None`: it stores there, whether it also loads or not.
#[must_use]
pub fn decode_load(code: &[u8], registers: &Registers, address: u64) -> Option<LoadInstruction> {
    use OpAccess::{CondRead, CondWrite, Read, ReadCondWrite, ReadWrite, Write};
    let mut decoder = Decoder::with_ip(registers.bits, code, registers.at, DecoderOptions::NONE);
    let instruction = decoder.decode();
    if instruction.code() == Code::INVALID {
        return None;
    }
    let mut factory = InstructionInfoFactory::new();
    let memory = factory.info(&instruction).used_memory();
    let start = |used: &UsedMemory| {
        used.virtual_address(0, |register, _, _| Some(registers.value(register)))
    };
    // Of a repeated instruction, one iteration.
    let size = |used: &UsedMemory| match used.memory_size().size() {
        0 => instruction.memory_size().size(),
        size => size,
    };
    let is_it = |used: &&UsedMemory| {
        start(used).is_some_and(|start| address.wrapping_sub(start) < size(used) as u64)
    };
    let writes =
        |used: &&UsedMemory| matches!(used.access(), Write | CondWrite | ReadWrite | ReadCondWrite);
    let reads = |used: &&UsedMemory| matches!(used.access(), Read | CondRead);
    if memory.iter().filter(writes).any(|used| is_it(&used)) {
        return None;
    }
    if let Some(used) = memory.iter().filter(reads).find(is_it) {
        return Some(LoadInstruction { address: start(used)?, size: size(used) });
    }
    // The addresses of a gather are in a vector register: of such a load, one element is known.
    let is_load = !memory.iter().any(|used| writes(&used));
    let element = memory.iter().map(size).min().filter(|size| *size > 0);
    element.filter(|_| is_load).map(|size| LoadInstruction { address, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: &[u8]) -> StoreKind {
        kind_of(&Decoder::new(64, code, DecoderOptions::NONE).decode())
    }

    /// The registers of a tracee that has 0x40000 in rsi, 0x80000 in rdi, and 2 in rax.
    fn registers() -> Registers {
        let raw = libc::user_regs_struct {
            rsi: 0x40000,
            rdi: 0x80000,
            rax: 2,
            r15: 0,
            r14: 0,
            r13: 0,
            r12: 0,
            rbp: 0,
            rbx: 0,
            r11: 0,
            r10: 0,
            r9: 0,
            r8: 0,
            rcx: 0,
            rdx: 0,
            orig_rax: 0,
            rip: 0,
            cs: 0,
            eflags: 0,
            rsp: 0,
            ss: 0,
            fs_base: 0,
            gs_base: 0,
            ds: 0,
            es: 0,
            fs: 0,
            gs: 0,
        };
        Registers {
            at: 0,
            result: 0,
            call: 0,
            arguments: [0; 6],
            stack: 0,
            iterations: 0,
            bits: 64,
            raw,
        }
    }

    #[test]
    fn an_instruction_that_loads_from_an_address_is_known_by_the_address() {
        let load = |code: &[u8], address| {
            let found = decode_load(code, &registers(), address);
            found.map(|found| (found.address, found.size))
        };
        assert_eq!(load(&[0x48, 0x8b, 0x06], 0x40000), Some((0x40000, 8))); // mov rax, [rsi]
        assert_eq!(load(&[0x8b, 0x44, 0x86, 0x04], 0x4000c), Some((0x4000c, 4))); // mov eax, [rsi+4*rax+4]
        assert_eq!(load(&[0xc5, 0xfe, 0x6f, 0x06], 0x40010), Some((0x40000, 32))); // vmovdqu ymm0, [rsi]
        assert_eq!(load(&[0x83, 0x3e, 0x01], 0x40000), Some((0x40000, 4))); // cmp dword [rsi], 1
        // A copy loads from one place and stores in the other.
        assert_eq!(load(&[0x48, 0xa5], 0x40000), Some((0x40000, 8))); // movsq
        assert_eq!(load(&[0x48, 0xa5], 0x80000), None);
        assert_eq!(load(&[0xf3, 0xa4], 0x40000), Some((0x40000, 1))); // rep movsb
        assert_eq!(load(&[0xf3, 0xa4], 0x80000), None);
        let stores: [&[u8]; 4] = [
            &[0x48, 0x89, 0x06],             // mov [rsi], rax
            &[0x48, 0x01, 0x06],             // add [rsi], rax
            &[0x48, 0x87, 0x06],             // xchg [rsi], rax
            &[0xf0, 0x48, 0x0f, 0xb1, 0x3e], // lock cmpxchg [rsi], rdi
        ];
        for code in stores {
            assert_eq!(load(code, 0x40000), None, "{code:x?}");
        }
    }

    fn form(code: &[u8]) -> Option<StoreForm> {
        let mut registers = registers();
        registers.result = 2;
        decode_store(code, &registers).map(|found| found.form)
    }

    #[test]
    fn what_an_exchange_stores_and_expects_is_in_its_registers() {
        let exchange = |stores| Some(StoreForm::Exchange { stores: Some(stores) });
        assert_eq!(form(&[0x87, 0x06]), exchange(2)); // xchg [rsi], eax
        assert_eq!(form(&[0x86, 0x26]), exchange(0)); // xchg [rsi], ah
        let swap = Some(Swap { expects: 2, stores: 0x80000 });
        let code = [0xf0, 0x48, 0x0f, 0xb1, 0x3e]; // lock cmpxchg [rsi], rdi
        assert_eq!(form(&code), Some(StoreForm::CompareExchange { swap }));
    }

    #[test]
    fn what_an_addition_adds_is_known_before_it_happens() {
        let adds = |code: &[u8]| match form(code) {
            Some(StoreForm::Update { adds }) => adds,
            other => panic!("{other:?}"),
        };
        let less = |number: u64| Some(number.wrapping_neg());
        assert_eq!(adds(&[0xf0, 0x48, 0x01, 0x06]), Some(2)); // lock add [rsi], rax
        assert_eq!(adds(&[0xf0, 0x48, 0x0f, 0xc1, 0x06]), Some(2)); // lock xadd [rsi], rax
        assert_eq!(adds(&[0xf0, 0x48, 0x29, 0x06]), less(2)); // lock sub [rsi], rax
        assert_eq!(adds(&[0xf0, 0x48, 0x83, 0x06, 0xff]), less(1)); // lock add qword [rsi], -1
        assert_eq!(adds(&[0xf0, 0x48, 0x83, 0x2e, 0x50]), less(80)); // lock sub qword [rsi], 80
        assert_eq!(adds(&[0xf0, 0xff, 0x06]), Some(1)); // lock inc dword [rsi]
        assert_eq!(adds(&[0xf0, 0xff, 0x0e]), less(1)); // lock dec dword [rsi]
        assert_eq!(adds(&[0xf0, 0x48, 0x09, 0x06]), None); // lock or [rsi], rax
    }

    #[test]
    fn a_store_that_a_mask_selects_is_no_plain_store() {
        let masked: [&[u8]; 4] = [
            &[0x66, 0x0f, 0xf7, 0xc1],             // maskmovdqu xmm0, xmm1
            &[0xc4, 0xe2, 0x75, 0x8e, 0x07],       // vpmaskmovd [rdi], ymm1, ymm0
            &[0xc4, 0xe2, 0x75, 0x2e, 0x07],       // vmaskmovps [rdi], ymm1, ymm0
            &[0x62, 0xf1, 0x7f, 0x29, 0x7f, 0x07], // vmovdqu8 [rdi]{k1}, ymm0
        ];
        for code in masked {
            assert_eq!(kind(code), StoreKind::Masked, "{code:x?}");
        }
        let plain: [&[u8]; 3] = [
            &[0x62, 0xf1, 0x7f, 0x28, 0x7f, 0x07], // vmovdqu8 [rdi], ymm0
            &[0xf3, 0x0f, 0x7f, 0x07],             // movdqu [rdi], xmm0
            &[0x48, 0x89, 0x07],                   // mov [rdi], rax
        ];
        for code in plain {
            assert_eq!(kind(code), StoreKind::Plain, "{code:x?}");
        }
        assert_eq!(kind(&[0xf3, 0xa4]), StoreKind::Repeated); // rep movsb
        assert_eq!(kind(&[0xf0, 0xff, 0x07]), StoreKind::Locked); // lock inc [rdi]
        assert_eq!(kind(&[0x87, 0x07]), StoreKind::Locked); // xchg [rdi], eax
    }
}
