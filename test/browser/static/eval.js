// Runs code of a scenario in a worker of any kind: each message {code, args} is
// answered on its port with JSON of what the function returned or threw.
(() => {
  async function answer({ code, args }, port) {
    let message;
    try {
      message = { value: (await (0, eval)(`(${code})`)(...args)) ?? null };
    } catch (error) {
      message = { error: `${error.name}: ${error.message}` };
    }
    port.postMessage(JSON.stringify(message));
  }
  const listen = (target, held = () => {}) =>
    target.addEventListener('message', (event) => {
      if (event.data?.code) held(event, answer(event.data, event.ports[0]));
    });
  if ('ServiceWorkerGlobalScope' in self) listen(self, (event, answered) => event.waitUntil(answered));
  else if ('SharedWorkerGlobalScope' in self) {
    self.addEventListener('connect', ({ ports: [port] }) => {
      listen(port);
      port.start();
    });
  } else listen(self);
})();
