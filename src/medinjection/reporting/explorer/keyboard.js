// The keyboard, which can be switched off.
const KEYS = {
  "/": () => element("text").focus(),
  j: () => openQuestion(neighbour(1)), J: () => openQuestion(neighbour(1)), ArrowRight: () => openQuestion(neighbour(1)),
  k: () => openQuestion(neighbour(-1)), K: () => openQuestion(neighbour(-1)), ArrowLeft: () => openQuestion(neighbour(-1)),
  Escape: () => closeQuestion(),
};

function moveInList(step) {
  const links = [...document.querySelectorAll("#list a")];
  links[links.indexOf(document.activeElement) + step]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !element("shortcuts").checked) return;
  const inList = event.target.closest("#list");
  if (inList && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    moveInList(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  // A field, a select and a table that scrolls need their keys.
  if (event.target.matches("input, select, textarea") || (event.key.startsWith("Arrow") && event.target.closest(".scroll"))) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
