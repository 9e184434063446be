// For pages: runs code in a worker of a registration.
// eslint-disable-next-line no-var
var inWorker = async (code, which = 'active', scope = undefined) => {
  const registration = await (scope ? navigator.serviceWorker.getRegistration(scope) : t.site());
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => (port1.onmessage = (event) => resolve(event.data)));
  registration[which].postMessage({ type: 'eval', code }, [port2]);
  const { value, error } = await answer;
  if (error) throw Object.assign(new Error(`in the worker: ${error.message}`), { name: error.name });
  return value;
};

/** A request to the worker as page.js makes it; replies come to the other end of the port. */
// eslint-disable-next-line no-var
var ask = async (port, method, path) => {
  (await t.site()).active.postMessage({ __bgfetch__: 'request', protocol: 1, method, path }, [port]);
};
