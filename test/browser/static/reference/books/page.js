// Books to listen to. Each function is what one page of the reference does; a button would call it.
const CHAPTER = '/file/chapter-7?size=4000000&rate=1000000';

if (!('BackgroundFetchManager' in self)) document.querySelector('#says').textContent = 'There are no background fetches here.';

navigator.serviceWorker.register('sw.js');

let book;

function fetchBook() {
  return navigator.serviceWorker.ready.then(async (site) => {
    book = await site.backgroundFetch.fetch('book-7', [CHAPTER, 'file/cover-7?size=20000'], {
      title: 'Book 7: the lighthouse',
      icons: [{ sizes: '300x300', src: '/cover-7.png', type: 'image/png', label: 'A book is fetched' }],
      downloadTotal: 60 * 1024 * 1024,
    });
    console.log(book.id);
  });
}

async function fetchFilm(posters) {
  const site = await navigator.serviceWorker.ready;
  const film = await site.backgroundFetch.fetch('film', ['/file/reel-1?size=300000', '/file/reel-2?size=200000'], {
    icons: posters,
    title: 'A film is fetched',
    downloadTotal: 60 * 1024 * 1024,
    label: 'A film',
  });
  return film.id;
}

function fetchBroken() {
  return navigator.serviceWorker.ready.then(async (site) => {
    book = await site.backgroundFetch.fetch('book-8', ['/file/chapter-8?size=50000', '/file/cover-8?status=404'], {
      title: 'Book 8',
    });
  });
}

function findBook() {
  return navigator.serviceWorker.ready.then(async (site) => {
    book = await site.backgroundFetch.get('book-7');
  });
}

function listBooks() {
  return navigator.serviceWorker.ready.then(async (site) => {
    const ids = await site.backgroundFetch.getIds();
    return ids;
  });
}

function followBook() {
  book.addEventListener('progress', () => {
    if (!book.downloadTotal) return;
    const percent = Math.round((book.downloaded / book.downloadTotal) * 100);
    console.log(`The book is at ${percent} %`);
  });
}

function openChapter(url) {
  return book.match(url).then(async (record) => {
    if (!record) {
      console.log('there is no such chapter');
      return;
    }
    console.log('it was asked for with', record.request);
    const response = await record.responseReady;
    console.log('it was answered with', response);
    return { asked: record.request.url, status: response.status, length: (await response.arrayBuffer()).byteLength };
  });
}

async function openAll() {
  const records = await book.matchAll();
  console.log(records);
  return records.length;
}

const canOpen = () => book.recordsAvailable;

function stopBook() {
  return book.abort();
}
