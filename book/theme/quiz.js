// The questions at the end of a lesson: the answer appears when the reader has chosen. Nothing is sent
// or kept.
"use strict";

for (const question of document.querySelectorAll(".question")) {
  const answer = question.querySelector(".answer");
  const verdict = answer.querySelector(".verdict");
  const right = Number(question.dataset.right);
  question.addEventListener("change", (event) => {
    const isRight = Number(event.target.value) === right;
    verdict.textContent = isRight ? "Right." : `No. The answer is ${right + 1}.`;
    question.classList.toggle("is-right", isRight);
    question.classList.toggle("is-wrong", !isRight);
    answer.hidden = false;
  });
}

// mdBook goes to another chapter with the arrow keys, which also move between the choices.
document.addEventListener("keydown", (event) => {
  if (event.target.matches?.(".question input")) {
    event.stopPropagation();
  }
}, true);
