// The switch between day and night, `#theme`. A browser that may not remember forgets it with the page.
{
  const KEY = "medinjection/theme";
  const remembered = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem(KEY, theme); } catch { /* not allowed here */ } };
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const shown = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const button = document.getElementById("theme");
  const say = () => button.setAttribute("aria-pressed", String(shown() === "dark"));

  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  button.addEventListener("click", () => {
    root.dataset.theme = shown() === "dark" ? "light" : "dark";
    remember(root.dataset.theme);
    say();
  });
  dark.addEventListener("change", say);
  say();
}
