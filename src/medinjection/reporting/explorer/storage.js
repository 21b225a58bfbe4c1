// What a browser remembers of the pages. One that may not remember, or whose store is full, forgets it with the page.
const STORE = "medinjection/";
let stores = true;

function remembered(name) {
  try {
    return localStorage.getItem(STORE + name);
  } catch {
    return null;
  }
}

function remember(name, text) {
  try {
    localStorage.setItem(STORE + name, text);
  } catch {
    stores = false;
  }
}
