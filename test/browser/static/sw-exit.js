// The test worker with a way to end the Go program from outside, as a panic or
// os.Exit in it would: the message {type: 'exit-program'} calls the import that
// the program itself calls when it exits.
let goImports;
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = (source, imports) => {
    goImports = imports;
    return original.call(WebAssembly, source, imports);
  };
}
self.exitProgram = () => goImports.gojs['runtime.wasmExit'](0);

importScripts('/dist/sw.js');
importScripts('/worker.js');
