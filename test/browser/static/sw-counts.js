// The test worker, and how many listeners there are for the end of a request: for
// each, the Go program holds a function that has to be released.
let listeners = 0;
for (const [name, change] of [
  ['addEventListener', 1],
  ['removeEventListener', -1],
]) {
  const original = EventTarget.prototype[name];
  AbortSignal.prototype[name] = function (type, ...rest) {
    if (type === 'abort') listeners += change;
    return original.call(this, type, ...rest);
  };
}
self.addEventListener('message', (event) => {
  if (event.data?.type === 'listeners') event.ports[0].postMessage(listeners);
});

importScripts('/dist/sw.js');
importScripts('/worker.js');
