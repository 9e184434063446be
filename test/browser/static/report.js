// For pages and workers under test: sends console lines, uncaught errors and
// events to the runner, whose address is the parameter `channel` of the URL, or
// `reportTo`. So they are known even when the browser is killed in the next moment.
// eslint-disable-next-line no-var
var report = (() => {
  const here = typeof WorkerGlobalScope === 'undefined' ? 'page' : 'worker';
  const address = self.reportTo ?? new URL(location.href).searchParams.get('channel');
  const send = self.fetch.bind(self);
  // Reports are requests of their own, and may overtake each other. The runner puts them in order again.
  const realm = Math.random();
  let number = 0;

  function report(kind, detail = {}) {
    if (!address) return;
    const body = JSON.stringify({ kind, from: here, realm, number: ++number, at: Date.now(), ...detail });
    send(address, { method: 'POST', mode: 'no-cors', keepalive: body.length < 10_000, body }).catch(() => {});
  }

  const text = (value) => {
    if (value instanceof Error) return `${value.name}: ${value.message}\n${value.stack ?? ''}`;
    if (typeof value !== 'object') return String(value);
    try {
      return JSON.stringify(value);
    } catch {
      return String(value);
    }
  };
  for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
    const original = console[level];
    console[level] = (...values) => {
      original.apply(console, values);
      report('console', { level, text: values.map(text).join(' ') });
    };
  }
  self.addEventListener('error', (event) => report('error', { text: text(event.error ?? event.message) }));
  self.addEventListener('unhandledrejection', (event) => report('error', { text: `unhandled: ${text(event.reason)}` }));
  return report;
})();
