// Runs the conformance suites of the ports, a Go program, in a worker as the real ones
// do. It calls bgfetchSuiteDone with a JSON text when it is through.
importScripts('/report.js', '/suite/wasm_exec.js', '/suite/host.js');

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('message', (event) => {
  if (event.data !== 'run') return;
  event.waitUntil(
    (async () => {
      const port = event.ports[0];
      try {
        const finished = new Promise((resolve) => (self.bgfetchSuiteDone = resolve));
        const go = new Go();
        const module = await WebAssembly.instantiateStreaming(fetch('/suite/suite.wasm'), go.importObject);
        const ended = go.run(module.instance).then(() => {
          throw new Error('the program ended without a result');
        });
        port.postMessage({ json: await Promise.race([finished, ended]) });
      } catch (error) {
        port.postMessage({ error: String(error?.stack ?? error) });
      }
    })(),
  );
});
