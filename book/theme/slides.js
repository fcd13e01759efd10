// Starts the slides, and makes what is too large for a slide smaller until it fits.
const deck = new Reveal({ hash: true, center: false, width: 1280, height: 720, plugins: [RevealNotes] });
deck.initialize().then(() => {
  for (const slide of document.querySelectorAll(".slides section section")) {
    // A slide that is not shown has no height, nor has one in a section that is not shown.
    const both = [slide, slide.parentElement];
    const hidden = both.map((part) => part.style.display);
    both.forEach((part) => { part.style.display = "block"; });
    let size = 100;
    while (slide.scrollHeight > 720 && size > 40) {
      size -= 5;
      slide.style.fontSize = `${size}%`;
    }
    both.forEach((part, index) => { part.style.display = hidden[index]; });
  }
  deck.layout();
  document.body.dataset.fits = "true";
});
