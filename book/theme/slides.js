// Starts the slides, and makes what is too large for a slide smaller until it fits.
const deck = new Reveal({ hash: true, center: false, width: 1280, height: 720, plugins: [RevealNotes] });
deck.initialize().then(() => {
  for (const slide of document.querySelectorAll(".slides section section")) {
    // A slide that is not shown has no height.
    const hidden = slide.style.display;
    slide.style.display = "block";
    let size = 100;
    while (slide.scrollHeight > 720 && size > 40) {
      size -= 5;
      slide.style.fontSize = `${size}%`;
    }
    slide.style.display = hidden;
  }
  deck.layout();
});
