// Runs commands of the driver in this document: an address in the fragment of
// the first URL, remembered for the tab, is asked for one command after the other.
//
// A frame of that origin does the asking: what this document fetches goes to its
// service worker, and is lost if that is replaced at the wrong moment.
(() => {
  const KEY = 'bgfetch-test-agent';
  const given = location.hash.match(/^#agent=(.+)$/)?.[1];
  if (given) {
    sessionStorage.setItem(KEY, decodeURIComponent(given));
    history.replaceState(null, '', location.pathname + location.search);
  }
  const address = sessionStorage.getItem(KEY);
  if (!address || window !== top) return;
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = `${new URL('/agent.html', address)}?${new URLSearchParams({
    address,
    document: String(crypto.getRandomValues(new Uint32Array(4))),
    url: location.href,
  })}`;

  window.addEventListener('message', async ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    // Not awaited by the frame: a second command may run while the first one waits.
    const result = await (0, eval)(data.code);
    frame.contentWindow.postMessage({ id: data.id, result }, '*');
  });
  window.addEventListener('load', () => document.documentElement.append(frame));
})();
