/** Lets a reader check an answer to a self-check question (components/self_check.html). Nothing is sent. */

/** @param {HTMLElement} question */
function connect(question) {
  const options = [...question.querySelectorAll(".self-check__option")];
  const result = question.querySelector(".self-check__result");
  const answer = question.querySelector(".self-check__answer");
  const button = question.querySelector("[data-check]");
  button.hidden = false;
  answer.hidden = true;

  question.addEventListener("change", () => {
    options.forEach((option) => mark(option, null));
    result.textContent = "";
  });

  button.addEventListener("click", () => {
    const chosen = options.filter((option) => option.querySelector("input").checked);
    if (chosen.length === 0) {
      result.textContent = question.dataset.none;
      return;
    }
    chosen.forEach((option) => mark(option, isRight(option) ? "right" : "wrong"));
    const right = options.every((option) => isRight(option) === chosen.includes(option));
    result.textContent = right ? question.dataset.right : question.dataset.wrong;
    answer.hidden = false;
    answer.open = right;
  });
}

/** @param {HTMLElement} option */
const isRight = (option) => "correct" in option.dataset;

/**
 * @param {HTMLElement} option
 * @param {"right" | "wrong" | null} state
 */
function mark(option, state) {
  const feedback = option.querySelector(".self-check__feedback");
  if (state) option.dataset.state = state;
  else delete option.dataset.state;
  if (feedback) feedback.hidden = !state;
}

document.querySelectorAll("[data-self-check]").forEach(connect);
