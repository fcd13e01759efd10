//! `scanf`.

use course::scratch;

use crate::scenario;

/// `scanf` of a mapping takes the file's text as its format and stores no number, while `sscanf`
/// reads the number.
///
/// - call: `scanf`, edge
/// - source: scanf(3), SYNOPSIS
/// - level: POSIX
/// - article says: `scanf(memory, "%d", &n)` reads the number in the mapped file.
#[test]
fn scanf_of_a_mapping_takes_the_files_text_as_its_format_and_stores_no_number_while_sscanf_reads_the_number()
 {
    let ended = scenario("scanf-of-a-mapping", &scratch()).run();
    assert_eq!(ended.value("scanf").split(' ').nth(1), Some("22064"), "{ended:?}");
    assert!(["0", "-1"].contains(&ended.value("scanf").split(' ').next().unwrap()), "{ended:?}");
    assert_eq!(ended.value("sscanf"), "1 57");
}
