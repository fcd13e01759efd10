//! Step 3: a cold file. Mapping the file loads nothing, the first load waits for the disk, and advice
//! changes how many other pages the kernel reads.

use common::{Context, Result, Stage, compare, file_system, page_size, say, sentence};
use memmap2::Advice;

use crate::View;
use crate::cost::{cached, cost_of, make_cold, write_lines};

/// The pages of the file.
const PAGES: usize = 32;

/// What is done to the mapping of a cold file.
struct Use {
    name: &'static str,
    advice: Advice,
    load: bool,
}

const USES: [Use; 5] = [
    Use { name: "no advice, one load", advice: Advice::Normal, load: true },
    Use { name: "MADV_SEQUENTIAL, one load", advice: Advice::Sequential, load: true },
    Use { name: "MADV_RANDOM, one load", advice: Advice::Random, load: true },
    Use { name: "MADV_WILLNEED, no load", advice: Advice::WillNeed, load: false },
    Use { name: "MADV_POPULATE_READ, no load", advice: Advice::PopulateRead, load: false },
];

/// Step 3.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path().to_path_buf();
    let length = PAGES * page_size();
    sentence(&format!(
        "A file of {PAGES} pages, evicted from the page cache before each load. The load takes one byte of page {}.",
        PAGES / 2
    ))?;
    sentence(
        "(How many pages the kernel reads and maps varies. The disk may still be busy when the step draws the pages.)",
    )?;
    let mut major = 0;
    for (index, Use { name, advice, load }) in USES.into_iter().enumerate() {
        let path = directory.join(name.replace(' ', "-"));
        let file = write_lines(&path, length, page_size())?;
        make_cold(&file, &path)?;
        let view = View::of(&file, length).step_on("mmap", &path)?;
        if index == 0 {
            if cached(view.address(), length)? > 0 {
                let name = file_system(&directory)?;
                return sentence(&format!(
                    "Skipped: {name} did not evict the pages. A file system that keeps its files in memory, such as tmpfs, has no cold files."
                ));
            }
            draw("mapped", &view)?;
            page_view::look("a cold file is mapped")?;
        }
        view.advise(advice).step_on("madvise", &path)?;
        let touch = || {
            view.copy_to(length / 2, &mut [0]);
            Ok(())
        };
        if load {
            major += cost_of(touch)?.1.major;
        }
        draw(name, &view)?;
        page_view::look(name)?;
    }
    compare("loads that waited for the disk: ", major, 3)
}

fn draw(label: &str, view: &View) -> Result<()> {
    say!("   {label}")?;
    let addresses = view.address()..view.address() + view.len();
    page_view::show_rows(&[("      this process", std::process::id(), addresses)])
}
