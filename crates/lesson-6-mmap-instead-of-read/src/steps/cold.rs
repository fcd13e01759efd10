//! A cold file: mapping it loads nothing, the first touch waits for the disk, and advice changes
//! how much is read ahead. `cargo lesson-6` shows it.

use common::{Context, Result, Stage, file_system, page_size, say};
use memmap2::Advice;

use crate::View;
use crate::cost::{cached, chill, cost_of, mapped, write_lines};
use crate::job::PIECE;

const LENGTH: usize = 4 << 20;

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path().to_path_buf();
    if file_system(&directory)? == "tmpfs" {
        return say!("   tmpfs cannot show it: its files are nowhere but in memory");
    }
    let pages = LENGTH / page_size();
    say!("   4 MiB, {pages} pages, on the disk only; one load in the middle. The cache is")?;
    say!("   counted at once, while the disk may still be read (counts vary):")?;
    say!(
        "   {:<16} {:>8} {:>8} {:>8} {:>12}",
        "pages",
        "cached",
        "cached",
        "mapped",
        "major faults"
    )?;
    say!("   {:<16} {:>8} {:>8} {:>8} {:>12}", "", "before", "after", "after", "(waited)")?;
    let advices = [
        ("no advice", Advice::Normal),
        ("MADV_SEQUENTIAL", Advice::Sequential),
        ("MADV_RANDOM", Advice::Random),
    ];
    for (name, advice) in advices {
        let path = directory.join(name.replace(' ', "-"));
        let file = write_lines(&path, LENGTH, PIECE)?;
        chill(&file, &path)?;
        let view = View::of(&file, LENGTH).step_on("mmap", &path)?;
        view.advise(advice).step_on("madvise", &path)?;
        let before = cached(view.address(), LENGTH)?;
        let (_, cost) = cost_of(|| {
            view.copy_to(LENGTH / 2, &mut [0]);
            Ok(())
        })?;
        let (cached, mapped) = (cached(view.address(), LENGTH)?, mapped(view.address(), LENGTH)?);
        say!("   {name:<16} {before:>8} {cached:>8} {mapped:>8} {:>12}", cost.major)?;
    }
    Ok(())
}
