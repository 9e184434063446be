// The test worker, whose notifications and downloads page have a language. In the URL:
//
//   lang=TAG, texts=JSON   backgroundFetchOptions
//   without=1              the files with texts cannot be had
const { searchParams } = new URL(location.href);
self.backgroundFetchOptions = {};
if (searchParams.has('lang')) self.backgroundFetchOptions.lang = searchParams.get('lang');
if (searchParams.has('texts')) self.backgroundFetchOptions.texts = JSON.parse(searchParams.get('texts'));
if (searchParams.has('without')) {
  const { fetch } = self;
  self.fetch = (...args) =>
    /\/texts\./.test(args[0].url ?? args[0]) ? Promise.resolve(new Response('', { status: 404 })) : fetch(...args);
}
importScripts('/fake-notifications.js', '/dist/sw.js', '/worker.js');

self.addEventListener('message', ({ data, ports }) => {
  if (data?.type !== 'shown') return;
  self.registration.getNotifications().then((all) => {
    ports[0].postMessage(all.map(({ lang, actions }) => ({ lang, actions: actions.map(({ title }) => title) })));
  });
});
