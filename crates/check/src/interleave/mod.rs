//! Interleave: two processes of one program, in every order of their stores to a shared file.
//!
//! The program is a stranger's, in any language, and is not prepared for it. From the bottom up:
//!
//! - `registers`, `space`, `mapping`: a shared mapping of a watched file never becomes writable to
//!   the kernel, so that every store is a fault: a stop *before* the store;
//! - `store`, `hold`: a store without a LOCK prefix is split in two, as processors do it: its load is
//!   done, its bytes wait. Another process comes between, then the bytes go in;
//! - `call`, `calls`: locks, sizes, names and outputs are points as stores are;
//! - [`world`]: who has the turn; `idle`: when one cannot go on alone;
//! - [`schedule`], [`replay`]: one run, by its text; [`search`]: all of them; [`table`]: as a
//!   picture;
//! - [`kill_points`], [`waiter`]: a process is killed at each point, or stands still at one;
//! - [`stress`]: what is left where nothing can be traced.
//!
//! Every run is one that two real processors can make: nothing that is found here is impossible
//! elsewhere. What needs more than one interruption of each process is not found.

mod call;
pub mod calls;
pub mod event;
mod handle;
mod hold;
mod idle;
pub mod kill_points;
mod mapping;
mod record;
mod registers;
pub mod replay;
pub mod scenes;
pub mod schedule;
pub mod search;
mod space;
mod store;
pub mod stress;
mod sys;
pub mod table;
mod task;
pub mod waiter;
pub mod world;
