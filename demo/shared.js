// Runs in the page and in the service worker, before anything of the project.

// With ?native=never in the address, a browser that has the API built in uses
// this project's implementation all the same.
self.backgroundFetchOptions = { native: new URLSearchParams(location.search).get('native') === 'never' ? 'never' : 'prefer' };

self.demo = {
  /** Whether the browser itself has the API. */
  native: 'BackgroundFetchManager' in self,
  /** The cache that holds what arrived, by URL. */
  downloads: 'demo-downloads',
  /** The cache that holds what the worker did about a download, as JSON by id. */
  notes: 'demo-notes',
  /** The key of a note. */
  noteKey: (id) => `./demo/notes/${encodeURIComponent(id)}`,
  /** BroadcastChannel on which the worker tells the page that a note changed. */
  channel: 'demo',
};
