// The test worker, with a listener of the log that reports what it is told. In the URL:
//
//   fails=throws, rejects    what it does after that
//   off=EVENT                with this entry it turns itself off
//   onlog=VALUE              a value that is no listener
const { searchParams } = new URL(location.href);

function onlog(batch) {
  report('log', { batch });
  if (batch.entries.some(({ event }) => event === searchParams.get('off'))) self.backgroundFetchOptions.onlog = null;
  if (searchParams.get('fails') === 'throws') throw new Error('The listener throws.');
  if (searchParams.get('fails') === 'rejects') return Promise.reject(new Error('The listener rejects.'));
}
self.backgroundFetchOptions = { onlog: searchParams.has('onlog') ? JSON.parse(searchParams.get('onlog')) : onlog };
importScripts('/dist/sw.js', '/worker.js');
