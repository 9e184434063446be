// What the benchmark calls in the page, as `bench`. Times are in ms.
const bench = (() => {
  const parameters = new URL(location.href).searchParams;

  /** Long tasks as the browser reports them (Chromium), [start, duration]. */
  const longTasks = [];
  if (PerformanceObserver.supportedEntryTypes?.includes('longtask')) {
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) longTasks.push([startTime, duration]);
    }).observe({ type: 'longtask' });
  }

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  const TICK_MS = 20;
  /** Watches how long a timer is late; stop() gives the worst lateness since. */
  function watchTimer() {
    let worst = 0;
    let due = performance.now() + TICK_MS;
    let timer = setTimeout(function tick() {
      worst = Math.max(worst, performance.now() - due);
      due = performance.now() + TICK_MS;
      timer = setTimeout(tick, TICK_MS);
    }, TICK_MS);
    return () => {
      clearTimeout(timer);
      return Math.max(worst, performance.now() - due);
    };
  }

  async function register() {
    const registration = await navigator.serviceWorker.register(parameters.get('worker'));
    await navigator.serviceWorker.ready;
    const { active } = registration;
    while (active.state !== 'activated')
      await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }));
  }

  /** Asks the worker for one of its commands. */
  async function worker(command, work) {
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    active.postMessage({ command, work }, [port2]);
    const { value, error } = await answer;
    port1.close();
    if (error) throw new Error(error);
    return value;
  }

  /** Asks the worker, as a player does, for the body of a record that is under way, until there is a byte of it. */
  async function firstByte(id) {
    const response = await fetch(`/__bgfetch__/ids/${encodeURIComponent(id)}/records/0/body`);
    if (!response.ok) throw new Error(`a player was answered ${response.status}`);
    const reader = response.body.getReader();
    await reader.read();
    void reader.cancel();
  }

  /**
   * Makes a background fetch; resolves when it has succeeded. With `play` there is a player for it, and
   * with `integrity` or `pieces` all bodies have these hashes.
   */
  async function backgroundFetch(id, urls, seen, { play = false, integrity, pieces } = {}) {
    const { backgroundFetch: manager } = await navigator.serviceWorker.ready;
    const begun = performance.now();
    const requests = integrity ? urls.map((url) => new Request(url, { integrity })) : urls;
    const options = pieces && { pieces: Object.fromEntries(urls.map((url) => [url, pieces])) };
    const fetch = await manager.fetch(id, requests, { title: id, ...options });
    seen.promise ??= performance.now() - begun;
    const played = play && firstByte(id).then(() => (seen.first = performance.now() - begun));
    await new Promise((resolve, reject) => {
      const look = () => {
        seen.progress.push([Date.now(), fetch.downloaded]);
        if (fetch.result === 'success') resolve();
        else if (fetch.result !== '') reject(new Error(`it failed: ${fetch.failureReason}`));
      };
      fetch.addEventListener('progress', look);
      look();
    });
    await played;
  }

  /**
   * Asks the server for something small, again and again, as a page does meanwhile. stop() gives how
   * long each request waited.
   */
  function askMeanwhile({ base, name, small }) {
    const waits = [];
    let over = false;
    const asked = (async () => {
      for (let i = 0; !over; i++) {
        const begun = performance.now();
        await (await fetch(`${base}/file/small-${name}-${i}?${small}`)).arrayBuffer();
        waits.push(performance.now() - begun);
        await pause(50);
      }
    })();
    return async () => {
      over = true;
      await asked;
      return waits;
    };
  }

  const ways = {
    async ours(work, seen) {
      const { fetches = 1 } = work;
      const lists = Array.from({ length: fetches }, (_, i) => plain.urls({ ...work, name: `${work.name}-${i}` }));
      await Promise.all(lists.map((urls, i) => backgroundFetch(`${work.name}-${i}`, urls, seen, work)));
    },
    page: (work) => plain.store(work),
    worker: (work) => inWorker('store', work),
    script: (work) => inWorker('storeByScript', work),
    /** Nothing, to compare with. */
    idle: () => pause(2000),
  };
  ways.native = ways.ranges = ways.one = ways.hashed = ways.pieces = ways.ours;
  ways.plain = ways.page;

  async function inWorker(command, work) {
    const timer = setInterval(() => void worker('ping'), 5000);
    await worker(command, work);
    clearInterval(timer);
  }

  /** Nothing is stored any more; what the plain way stored is deleted. */
  async function clean() {
    await caches.delete(plain.CACHE);
    const stored = async () => (await caches.keys()).some((name) => name.startsWith('bgfetch:data:'));
    while (await stored()) await pause(50);
  }

  /** Does the work in one way. */
  async function run(way, work) {
    const seen = { progress: [] };
    const stop = watchTimer();
    const stopAsking = work.small && askMeanwhile(work);
    const begun = performance.now();
    await ways[way](work, seen);
    const ms = performance.now() - begun;
    const late = stop();
    if (stopAsking) seen.waits = await stopAsking();
    await pause(0); // for the last long task
    const long = longTasks.filter(([start]) => start >= begun - 1).map(([, duration]) => duration);
    return { ms, late, longest: Math.max(0, ...long), ...seen };
  }

  /** Begins run(); what it gives, or its error, goes to the runner's channel. */
  function begin(way, work) {
    const report = (detail) =>
      fetch(parameters.get('channel'), { method: 'POST', mode: 'no-cors', body: JSON.stringify({ run: work.name, ...detail }) });
    run(way, work).then(report, (error) => report({ error: `${error.name}: ${error.message}` }));
  }

  /** Times from fetch() to its promise, one after the other, while the program runs. */
  async function promiseTimes(work, times) {
    const all = [];
    for (let i = 0; i < times; i++) {
      const seen = { progress: [] };
      const name = `${work.name}-${i}`;
      await backgroundFetch(name, plain.urls({ ...work, name }), seen);
      all.push(seen.promise);
      await clean();
    }
    return all;
  }

  /** The round trip of a command to the worker, and what the command gave. */
  async function roundTrip(command) {
    const begun = performance.now();
    const value = await worker(command);
    return { ms: performance.now() - begun, value };
  }

  /**
   * Wakes the worker: roundTrip('state'), asked again each second, because a
   * message to a worker that is just being ended is lost.
   */
  async function wake() {
    for (;;) {
      const late = pause(1000);
      const answer = await Promise.race([roundTrip('state'), late]);
      if (answer) return answer;
    }
  }

  return { register, worker, run, begin, clean, promiseTimes, roundTrip, wake };
})();
