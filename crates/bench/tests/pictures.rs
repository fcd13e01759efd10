//! The pictures, read as a browser or a screen reader would.

use bench::{Bar, Bars, Curve, Curves, Spread, picture};

fn nanoseconds(value: f64) -> String {
    format!("{value:.0} ns")
}

fn bars() -> Bars {
    let bar = |label: &str, series, median: f64| {
        let spread = Spread { lowest: median * 0.9, median, highest: median * 1.5 };
        Bar { label: label.into(), series, spread }
    };
    let bars = vec![bar("mapped, spin", 0, 120.0), bar("pipe <block> & wait", 1, 43000.0)];
    Bars { title: "Round trips".into(), write: nanoseconds, bars }
}

fn curves() -> Curves {
    let curve = |label: &str, series, at: f64| {
        let points = vec![(0.0, at * 0.8), (0.5, at), (0.9, at * 1.1), (0.999, at * 9.0)];
        Curve { label: label.into(), series, points }
    };
    let curves = vec![curve("mapped", 0, 120.0), curve("pipe", 1, 43000.0)];
    Curves { title: "Latency".into(), write: nanoseconds, curves }
}

#[test]
fn a_picture_says_in_words_what_it_draws() {
    let svg = picture("Two ways", &[&bars(), &curves()]).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let said = |id: &str| {
        let node = root.children().find(|node| node.attribute("id") == Some(id)).unwrap();
        node.text().unwrap().to_owned()
    };
    assert_eq!(root.attribute("aria-labelledby"), Some("title desc"));
    assert_eq!(said("title"), "Two ways");
    assert_eq!(
        said("desc"),
        "Round trips: mapped, spin 120 ns (from 108 ns to 180 ns); \
         pipe <block> & wait 43000 ns (from 38700 ns to 64500 ns).\n\
         Latency: mapped: 50% within 120 ns, 90% within 132 ns, 99% within 1080 ns, \
         99.9% within 1080 ns; \
         pipe: 50% within 43000 ns, 90% within 47300 ns, 99% within 387000 ns, \
         99.9% within 387000 ns."
    );
}

#[test]
fn every_label_and_value_is_drawn_inside_the_picture() {
    let svg = picture("Two ways", &[&bars(), &curves()]).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let number = |node: roxmltree::Node<'_, '_>, name: &str| -> f64 {
        node.attribute(name).unwrap().parse().unwrap()
    };
    let root = document.root_element();
    let (width, height) = (number(root, "width"), number(root, "height"));
    let mut texts = Vec::new();
    for node in root.descendants().filter(|node| node.has_tag_name("text")) {
        let (x, y) = (number(node, "x"), number(node, "y"));
        assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{node:?}");
        texts.push(node.text().unwrap().trim().to_owned());
    }
    for label in ["Round trips", "mapped, spin", "pipe <block> & wait", "43000 ns", "99.9%", "pipe"]
    {
        assert!(texts.iter().any(|text| text == label), "{label:?} in {texts:?}");
    }
}

#[test]
fn dark_paper_has_light_ink() {
    let svg = picture("Two ways", &[&bars()]).unwrap();
    assert!(svg.contains("prefers-color-scheme: dark"));
    // Each colour that the style exchanges is one that the picture uses.
    for colour in ["fill=\"#FFFFFF\"", "fill=\"#1F2328\"", "stroke=\"#1F2328\""] {
        assert!(svg.split_once("</style>").unwrap().1.contains(colour), "{colour}");
    }
}
