//! Runs the ring in every order of its two sides, up to a limit of interruptions: loom runs the lesson's own `ring.rs`, `producer.rs` and `consumer.rs`, with its
//! own atomics.
//! `cargo test -p lesson-7-pipes-and-sockets --test loom`
//!
//! A model that finds no error proves little unless it can find one. So the tests also remove each
//! ordering, and loom must find an order in which a message or a wake-up is lost.
#![expect(clippy::unwrap_used, reason = "a model reports an error by panicking")]

mod atomics;
mod barrier;
mod futex;

#[expect(unreachable_pub, reason = "public in the lesson's library")]
#[path = "../../src/consumer.rs"]
mod consumer;
#[expect(unreachable_pub, reason = "public in the lesson's library")]
#[path = "../../src/producer.rs"]
mod producer;
#[expect(unreachable_pub, reason = "public in the lesson's library")]
#[path = "../../src/ring.rs"]
mod ring;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

use loom::sync::Arc;

use atomics::{AtomicU32, AtomicU64, Count, Weakened, watch_slots, weaken};
use consumer::Consumer;
use producer::Producer;
use ring::{Ring, Side, TryError};

/// Two slots, each with a length and one word, so that the counts go round the ring soon.
const SLOTS: u32 = 2;
const WORDS: usize = 2;

struct Memory {
    counts: [AtomicU32; 2],
    flags: [AtomicU32; 2],
    slots: [AtomicU64; 4],
}

impl Memory {
    fn new() -> Arc<Self> {
        let counts = [Count::Written, Count::Read].map(|count| AtomicU32::new(0, Some(count)));
        let flags = [0; 2].map(|flag| AtomicU32::new(flag, None));
        let slots = [0; 4].map(AtomicU64::new);
        Arc::new(Self { counts, flags, slots })
    }

    fn ring(&self) -> Ring<'_> {
        let side = |number: usize| Side { count: &self.counts[number], flag: &self.flags[number] };
        let (written, read) = (side(0), side(1));
        Ring { written, read, slots: &self.slots, slot_count: SLOTS, slot_words: WORDS }
    }
}

/// Sends `messages` and closes, while another thread receives them all, in order and whole. Tries every
/// order with at most `interruptions` interruptions.
fn all_arrive(messages: u64, interruptions: usize) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(interruptions);
    model.check(move || {
        let memory = Memory::new();
        let other = Arc::clone(&memory);
        let producer = loom::thread::spawn(move || {
            let (ring, mut producer) = (other.ring(), Producer::default());
            for number in 1..=messages {
                producer.send(&ring, &number.to_ne_bytes(), &mut || Ok(())).unwrap();
            }
            producer.close(&ring);
        });
        let (ring, mut consumer) = (memory.ring(), Consumer::default());
        let mut bytes = [0; 8];
        for number in 1..=messages {
            let length = consumer.receive(&ring, &mut bytes, &mut || Ok(())).unwrap();
            assert_eq!(length, Some(8), "in order and whole");
            assert_eq!(u64::from_ne_bytes(bytes), number, "in order and whole");
        }
        assert_eq!(consumer.receive(&ring, &mut bytes, &mut || Ok(())).unwrap(), None);
        producer.join().unwrap();
    });
}

/// What loom finds when one ordering is removed.
fn found_with(weakened: Weakened, model: impl Fn()) -> String {
    weaken(Some(weakened));
    let ended = catch_unwind(AssertUnwindSafe(model));
    weaken(None);
    let Err(panic) = ended else { panic!("loom must find an error without this ordering") };
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).into())).unwrap_or_default()
}

#[test]
fn every_message_arrives_in_order_and_whole_and_no_wake_up_is_lost() {
    all_arrive(3, 2);
}

#[test]
fn without_release_a_count_can_be_seen_before_its_message() {
    let found = found_with(Weakened::Release(Count::Written), || all_arrive(2, 2));
    assert!(found.contains("in order and whole"), "{found}");
}

#[test]
fn without_acquire_an_old_message_can_be_read() {
    let found = found_with(Weakened::Acquire(Count::Written), || all_arrive(2, 2));
    assert!(found.contains("in order and whole"), "{found}");
}

#[test]
fn no_slot_is_written_while_it_may_still_be_read() {
    watch_slots(true);
    all_arrive(3, 2); // The third message reuses the first slot.
}

#[test]
fn without_release_or_acquire_of_the_read_count_a_slot_is_written_while_it_may_still_be_read() {
    watch_slots(true);
    for weakened in [Weakened::Release(Count::Read), Weakened::Acquire(Count::Read)] {
        let found = found_with(weakened, || all_arrive(3, 2));
        assert!(found.contains("Causality violation"), "{found}");
    }
}

#[test]
fn without_the_light_fence_a_wake_up_can_be_lost() {
    let found = found_with(Weakened::Light, || all_arrive(1, 3));
    assert!(found.to_lowercase().contains("deadlock"), "{found}");
}

#[test]
fn without_the_heavy_fence_a_wake_up_can_be_lost() {
    let found = found_with(Weakened::Heavy, || all_arrive(1, 3));
    assert!(found.to_lowercase().contains("deadlock"), "{found}");
}

#[test]
fn a_producer_learns_in_every_order_that_the_consumer_has_closed() {
    loom::model(|| {
        let memory = Memory::new();
        let other = Arc::clone(&memory);
        let consumer = loom::thread::spawn(move || Consumer::default().close(&other.ring()));
        let (ring, mut producer) = (memory.ring(), Producer::default());
        let sent = (0..4).map(|_| producer.send(&ring, b"message", &mut || Ok(())));
        let refused: Vec<_> = sent.filter_map(Result::err).collect();
        assert!(refused.len() >= 2, "two slots take two messages at most: {refused:?}");
        assert!(refused.iter().all(|error| error.raw_os_error() == Some(libc::EPIPE)));
        consumer.join().unwrap();
    });
}

#[test]
fn messages_stay_in_order_when_the_counts_wrap() {
    loom::model(|| {
        let memory = Memory::new();
        let (ring, mut bytes) = (memory.ring(), [0; 8]);
        let last = 0_u32.wrapping_sub(ring::ONE); // One message before the highest count.
        ring.written.count.store(last, Relaxed);
        ring.read.count.store(last, Relaxed);
        let (mut producer, mut consumer) = (Producer::after(last), Consumer::after(last));
        for text in [b"one", b"two"] {
            assert_eq!(producer.try_send(&ring, text), Ok(()));
        }
        assert_eq!(producer.try_send(&ring, b"full"), Err(TryError::WouldBlock(last)));
        for text in [b"one", b"two"] {
            assert_eq!(consumer.try_receive(&ring, &mut bytes), Ok(3));
            assert_eq!(&bytes[..3], text);
        }
        assert!(matches!(consumer.try_receive(&ring, &mut bytes), Err(TryError::WouldBlock(2))));
    });
}

#[test]
fn a_ring_of_two_slots_takes_two_messages_and_returns_them() {
    loom::model(|| {
        let memory = Memory::new();
        let (mut producer, mut consumer) = (Producer::default(), Consumer::default());
        let (ring, mut bytes) = (memory.ring(), [0; 8]);
        assert_eq!(consumer.try_receive(&ring, &mut bytes), Err(TryError::WouldBlock(0)));
        assert_eq!(producer.try_send(&ring, b"one"), Ok(()));
        assert_eq!(producer.try_send(&ring, b"two two"), Ok(()));
        assert_eq!(producer.try_send(&ring, b"three"), Err(TryError::WouldBlock(0)));
        assert_eq!(consumer.try_receive(&ring, &mut bytes), Ok(3));
        assert_eq!(&bytes[..3], b"one");
        assert_eq!(producer.try_send(&ring, b"nine char"), Err(TryError::TooLong));
        assert_eq!(producer.try_send(&ring, b"three"), Ok(()));
    });
}
