// What the scenarios call in the page, as `t`. Nothing here knows how Background
// Fetch is implemented, except listStorage, which looks for what is left behind.
const t = (() => {
  const parameters = new URL(location.href).searchParams;
  const channel = parameters.get('channel');
  const held = new Map(); // id -> BackgroundFetchRegistration
  const seen = new Map(); // id -> one snapshot for each progress event
  let registration;

  /** Registers the worker and waits until it is active. */
  async function register({ script = parameters.get('worker') ?? '/sw-test.js', scope, ...options } = {}) {
    const url = new URL(script, location.href);
    url.searchParams.set('channel', channel);
    for (const [name, value] of Object.entries(options)) url.searchParams.set(name, value);
    registration = await navigator.serviceWorker.register(url, scope ? { scope } : {});
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    while (worker.state !== 'activated') {
      if (worker.state === 'redundant') throw new Error('the worker could not be installed');
      await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
    }
    return { controlled: !!navigator.serviceWorker.controller };
  }

  /** The registration of the site, as after a reload. */
  async function site(scope) {
    registration ??= await navigator.serviceWorker.getRegistration(scope ?? location.href);
    return registration;
  }

  const snapshot = (fetch) => ({
    id: fetch.id,
    uploadTotal: fetch.uploadTotal,
    uploaded: fetch.uploaded,
    downloadTotal: fetch.downloadTotal,
    downloaded: fetch.downloaded,
    result: fetch.result,
    failureReason: fetch.failureReason,
    recordsAvailable: fetch.recordsAvailable,
  });

  function hold(fetch) {
    if (held.get(fetch.id) === fetch) return;
    held.set(fetch.id, fetch);
    const events = [];
    seen.set(fetch.id, events);
    fetch.addEventListener('progress', () => events.push(snapshot(fetch)));
  }

  /** Turns {url, method, body: {size, byte}, ...} into a Request. */
  function toRequest(description) {
    if (typeof description === 'string') return description;
    const { url, body, ...init } = description;
    if (body) init.body = new Blob([new Uint8Array(body.size).fill(body.byte)], { type: 'application/octet-stream' });
    return new Request(url, init);
  }

  /** fetch() of the manager; counts progress events from then on. */
  async function startFetch(id, requests, options) {
    const list = Array.isArray(requests) ? requests.map(toRequest) : toRequest(requests);
    const fetch = await (await site()).backgroundFetch.fetch(id, list, options);
    hold(fetch);
    return snapshot(fetch);
  }

  /** get() of the manager: its snapshot, or null. */
  async function getFetch(id) {
    const fetch = await (await site()).backgroundFetch.get(id);
    if (!fetch) return null;
    hold(fetch);
    return snapshot(fetch);
  }

  const state = (id) => snapshot(held.get(id));
  const progress = (id) => seen.get(id);

  /** Resolves when the registration object passes the test, which is looked at
   *  after each progress event; with the snapshot. */
  async function until(id, test, ms = 60_000) {
    const fetch = held.get(id);
    const end = Date.now() + ms;
    while (!test(fetch)) {
      if (Date.now() > end) throw new Error(`not within ${ms} ms: ${test}; it is ${JSON.stringify(snapshot(fetch))}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 1000);
        fetch.addEventListener('progress', () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
    return snapshot(fetch);
  }
  const waitForResult = (id, ms) => until(id, (fetch) => fetch.result !== '', ms);
  const waitForDownloaded = (id, bytes, ms) => until(id, (fetch) => fetch.downloaded >= bytes, ms);

  /** How a call was rejected: {name, message}, or null if it was not. */
  async function rejection(call) {
    try {
      await call();
      return null;
    } catch (error) {
      return { name: error.name, message: error.message, isTypeError: error instanceof TypeError };
    }
  }

  /** Which instance of the worker answers. Asks again each second: a message to a
   *  worker that is about to be ended can be lost. */
  async function bootId() {
    const { active } = await site();
    return new Promise((resolve) => {
      const ask = () => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = (event) => (clearInterval(timer), resolve(event.data));
        active.postMessage({ type: 'boot' }, [port2]);
      };
      const timer = setInterval(ask, 1000);
      ask();
    });
  }

  const count = (store) =>
    new Promise((resolve, reject) => {
      const request = store.count();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  /** What is stored for background fetches: names of caches, rows by store. */
  async function listStorage() {
    const names = (await caches.keys()).filter((name) => name.startsWith('bgfetch:data:'));
    const rows = {};
    for (const { name } of await indexedDB.databases()) {
      if (!name.startsWith('bgfetch:')) continue;
      const db = await new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of db.objectStoreNames) {
        rows[store] = (rows[store] ?? 0) + (await count(db.transaction(store).objectStore(store)));
      }
      db.close();
    }
    return { caches: names, rows };
  }

  /** What a failure is understood by: the storage, the registrations, and what a list shows. */
  async function describe() {
    const registrations = await navigator.serviceWorker.getRegistrations();
    const element = document.querySelector('background-fetch-list');
    return {
      storage: await listStorage().catch(String),
      registrations: registrations.map(({ scope, active, waiting, installing }) => ({
        scope,
        states: [active, waiting, installing].map((worker) => worker?.state ?? null),
      })),
      controlled: navigator.serviceWorker.controller?.state ?? null,
      list: element?.shadowRoot?.textContent.replaceAll(/\s+/g, ' ').slice(0, 500),
    };
  }

  /** Nothing is stored for background fetches. */
  async function storageIsEmpty() {
    const { caches: names, rows } = await listStorage();
    const fetchRows = ['fetches', 'requests', 'records', 'segments'].reduce((sum, store) => sum + (rows[store] ?? 0), 0);
    return names.length === 0 && fetchRows === 0;
  }

  /** What failed background fetches left for another try. */
  const remains = async () => (await (await fetch('/__bgfetch__/remains')).json()).remains;
  const deleteRemains = async () => (await (await fetch('/__bgfetch__/remains', { method: 'DELETE' })).json()).deleted;

  /** Deletes all caches, as a page of the site without page.js can, or the user. */
  async function deleteAllCaches() {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const theirs = frame.contentWindow.caches;
    await Promise.all((await theirs.keys()).map((name) => theirs.delete(name)));
    frame.remove();
  }

  /** Size and hash of a body that the site's worker stored. */
  async function storedBody(url) {
    const response = await caches.match(url, { cacheName: 'test-results' });
    const body = await response.arrayBuffer();
    return { size: body.byteLength, sha256: await sha256(body) };
  }

  /** Reads a record's body as it comes: when its first bytes were there, and the whole. */
  async function readWhileLoading(id, url) {
    const fetch = held.get(id);
    const record = await fetch.match(url);
    const response = await record.responseReady;
    const reader = response.body.getReader();
    const parts = [];
    let first;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      first ??= { bytes: value.byteLength, downloaded: fetch.downloaded, result: fetch.result };
      parts.push(value);
    }
    const body = await new Blob(parts).arrayBuffer();
    return { status: response.status, headers: [...response.headers], first, size: body.byteLength, sha256: await sha256(body) };
  }

  /**
   * Loads a sound and seeks to each of the times in turn, in seconds, those below 0
   * from the end. Resolves with its duration, the times at which it then was, and
   * the state of the background fetch when it was loaded.
   */
  async function play(id, url, times) {
    const audio = document.createElement('audio');
    audio.muted = true;
    audio.preload = 'auto';
    const happened = (type) =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`${type}: ${audio.error.code} ${audio.error.message}`));
        audio.addEventListener(type, resolve, { once: true });
        audio.addEventListener('error', fail, { once: true });
      });
    const loaded = happened('loadedmetadata');
    audio.src = url;
    await loaded;
    const { duration } = audio;
    const early = state(id);
    const at = [];
    for (const time of times) {
      const seeked = happened('seeked');
      audio.currentTime = time < 0 ? duration + time : time;
      await seeked;
      at.push(audio.currentTime);
    }
    return { duration, early, at };
  }

  return {
    register,
    site,
    startFetch,
    getFetch,
    state,
    progress,
    until,
    waitForResult,
    waitForDownloaded,
    rejection,
    bootId,
    listStorage,
    describe,
    storageIsEmpty,
    remains,
    deleteRemains,
    deleteAllCaches,
    storedBody,
    readWhileLoading,
    play,
    held,
    abort: (id) => held.get(id).abort(),
    results: () => results.all(),
  };
})();
