// Loaded by the worker before the product: sees what it does with WebAssembly
// without any door in the product for that.
// eslint-disable-next-line no-var
var hooks = { calls: 0, memory: null };

for (const name of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...args) => {
    hooks.calls++;
    const result = await original.apply(WebAssembly, args);
    const exports = (result.instance ?? result).exports;
    if (exports?.mem instanceof WebAssembly.Memory) hooks.memory = exports.mem;
    return result;
  };
}

/** What this instance of the worker did so far. memory is in bytes, 0 without a program. */
hooks.state = () => ({
  calls: hooks.calls,
  requests: performance.getEntriesByType('resource').filter(({ name }) => name.includes('bgfetch.wasm')).length,
  memory: hooks.memory?.buffer.byteLength ?? 0,
});
