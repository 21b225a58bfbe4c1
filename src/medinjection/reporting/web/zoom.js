// Figures at full width in a dialog. Without a script the link leads to the figure's own file.
{
  const dialog = document.getElementById("zoom");
  const picture = new Image();
  const text = dialog.querySelector("p");
  for (const link of document.querySelectorAll("a.zoom")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const small = link.querySelector("img");
      picture.src = small.src;
      picture.alt = small.alt;
      text.replaceChildren(...link.closest("figure").querySelector(".files").cloneNode(true).childNodes);
      text.before(picture);
      dialog.setAttribute("aria-label", small.alt);
      dialog.showModal();
    });
  }
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
