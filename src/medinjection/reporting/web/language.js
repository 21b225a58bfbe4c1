// The page in the other language: who has once followed the link between two pages of a folder gets that language there.
{
  const link = document.getElementById("language");
  const key = `medinjection/language/${new URL(".", location.href).pathname}`;
  const own = document.documentElement.lang;
  let remembered = null;
  try { remembered = localStorage.getItem(key); } catch { /* not allowed here */ }
  if (remembered === link.lang && remembered !== own) location.replace(link.href + location.hash);
  link.addEventListener("click", () => {
    link.hash = location.hash;
    try { localStorage.setItem(key, link.lang); } catch { /* not allowed here */ }
  });
}
