// Runs commands of the driver in this document: an address in the fragment of
// the first URL, remembered for the tab, is asked for one command after the other.
(() => {
  const KEY = 'bgfetch-test-agent';
  const given = location.hash.match(/^#agent=(.+)$/)?.[1];
  if (given) {
    sessionStorage.setItem(KEY, decodeURIComponent(given));
    history.replaceState(null, '', location.pathname + location.search);
  }
  const address = sessionStorage.getItem(KEY);
  if (!address || window !== top) return;
  const self = `${address}?document=${String(crypto.getRandomValues(new Uint32Array(4)))}&url=${encodeURIComponent(location.href)}`;

  async function serve() {
    for (;;) {
      const command = await (await fetch(self)).json();
      if (!command) return;
      // Not awaited: a second command may run while the first one waits.
      Promise.resolve((0, eval)(command.code)).then((result) =>
        fetch(address, { method: 'POST', body: JSON.stringify({ id: command.id, result }) }),
      );
    }
  }
  window.addEventListener('load', () => serve().catch(() => {}));
})();
