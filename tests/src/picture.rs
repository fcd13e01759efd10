//! The pictures in a story, one character per page, so that a test can name a whole picture.

/// What a picture says of a page, and its character here.
const WORDS: [(&str, char); 15] = [
    ("-> page cache", '#'),
    ("-> page cache, dirty", '*'),
    ("-> private copy", '@'),
    ("-> anonymous memory", '@'),
    ("-> kernel or device memory", 'k'),
    ("-> nothing (cached)", '-'),
    ("-> nothing (cached, dirty)", '+'),
    ("-> nothing (partly cached)", '~'),
    ("-> nothing (not cached)", '.'),
    ("-> nothing", '.'),
    ("-> nothing (cached?)", '?'),
    ("-> swap", 's'),
    ("past the end of the file", 'x'),
    ("unknown", '?'),
    ("not mapped", '_'),
];

/// Every picture of a story, in order: one character per page. A picture begins at page 0.
pub fn pictures(story: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (first, last, letter) in story.lines().filter_map(run) {
        if first == 0 {
            found.push(String::new());
        }
        if let Some(picture) = found.last_mut() {
            picture.extend((first..=last).map(|_| letter));
        }
    }
    found
}

/// The first page, the last page and the character of a line that ends in a run of pages.
fn run(line: &str) -> Option<(usize, usize, char)> {
    let (words, letter) = WORDS.iter().find(|(words, _)| line.ends_with(&format!("  {words}")))?;
    let before = line.strip_suffix(words)?.trim_end();
    let number = before.rsplit(' ').next()?;
    let (first, last) = number.split_once('-').unwrap_or((number, number));
    let noun = before.strip_suffix(number)?.trim_end();
    let is_page = noun.ends_with("page") || noun.ends_with("pages");
    is_page.then_some((first.parse().ok()?, last.parse().ok()?, *letter))
}
