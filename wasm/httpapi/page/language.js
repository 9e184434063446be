// The title speaks the language of the list.
const list = document.querySelector('background-fetch-list');

function follow() {
  const heading = document.querySelector('h1');
  const { lang, dir } = list.shadowRoot.firstElementChild;
  document.title = heading.textContent = list.texts.downloads;
  heading.lang = lang;
  heading.dir = dir;
}

list.addEventListener('languagechange', follow);
follow();
