// Lets the demo end the Go program in the worker at any line, as a crash or the
// browser would: by the import that the program itself calls when it exits.
// For the button "Stop the worker"; a site has no use for it.

let imports = null;
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = (source, given) => {
    imports = given;
    return original.call(WebAssembly, source, given);
  };
}

/** Ends the program. False if none has been started in this worker. */
self.demo.stopProgram = () => {
  const exit = imports?.gojs?.['runtime.wasmExit'];
  if (!exit) return false;
  imports = null;
  exit(0);
  return true;
};
