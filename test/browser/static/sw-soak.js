// The test worker, with a look at what the Go program holds: the message
// {type: 'measure'} is answered with the bytes of its memory, and the JS values and
// functions that it has references to.
let memory;
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (source, imports) => {
    const result = await original.call(WebAssembly, source, imports);
    memory = (result.instance ?? result).exports.mem;
    return result;
  };
}
// Go's glue keeps what the program refers to in a member of this name.
let go;
Object.defineProperty(Object.prototype, '_values', {
  configurable: true,
  set(value) {
    go = this;
    Object.defineProperty(this, '_values', { value, writable: true, configurable: true });
  },
});

self.addEventListener('message', (event) => {
  if (event.data?.type !== 'measure') return;
  event.stopImmediatePropagation();
  const held = go._values.filter((value) => value !== null && value !== undefined);
  event.ports[0].postMessage({
    memory: memory.buffer.byteLength,
    values: held.length,
    functions: held.filter((value) => typeof value === 'function').length,
  });
});

importScripts('/dist/sw.js');
importScripts('/worker.js');
