// What the scenarios see of <background-fetch-list>, here or in a frame, as `list`.
const list = (() => {
  const host = (name = 'list', where = document) => where.querySelector(`background-fetch-${name}`);
  const root = (where) => host('list', where).shadowRoot;

  /** Its accessible name. */
  const nameOf = (button) =>
    button
      .getAttribute('aria-labelledby')
      ?.split(' ')
      .map((id) => button.getRootNode().getElementById(id).textContent)
      .join(' ') ?? button.textContent;

  /** All that is shown, from the top. */
  function rows(where) {
    return [...root(where).querySelectorAll('.item')].map((item) => ({
      title: item.querySelector('.title').textContent,
      icon: item.querySelector('img')?.src,
      meta: item.querySelector('.meta').textContent,
      state: item.dataset.state,
      says: item.querySelector('.state').textContent,
      amount: item.querySelector('.amount').textContent,
      detail: item.querySelector('.detail').textContent,
      progress: item.querySelector('.bar').hidden ? null : item.querySelector('.bar').getAttribute('aria-valuenow'),
      buttons: [...item.querySelectorAll('button')].map((button) => button.textContent),
      save: item.querySelector('a.button').hidden ? null : new URL(item.querySelector('a.button').href).pathname,
      elements: [...item.querySelector('.main').querySelectorAll('*')].map((element) => element.localName).join(' '),
    }));
  }

  /** What has the focus: its name, or null. */
  function focused() {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getRootNode() === root() ? nameOf(element) : null;
  }

  /** Presses a button without a keyboard. */
  function press(name) {
    const button = [...root().querySelectorAll('button')].find((one) => nameOf(one) === name);
    button.focus();
    button.click();
  }

  /** Looks at the bar of the first row until it has had so many widths; resolves with the heights of the row. */
  function watchBar(widths) {
    const item = root().querySelector('li');
    const fill = item.querySelector('.fill');
    const seen = new Set();
    const heights = new Set();
    return new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        seen.add(fill.style.inlineSize);
        heights.add(item.offsetHeight);
        if (seen.size < widths) return;
        observer.disconnect();
        resolve([...heights]);
      });
      observer.observe(fill, { attributes: true });
    });
  }

  /** The downloads page in a frame: its document. */
  async function openPage() {
    const frame = document.createElement('iframe');
    frame.title = 'Downloads';
    frame.src = '/__bgfetch__/';
    frame.style.inlineSize = '600px';
    document.body.append(frame);
    await new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    return frame;
  }

  return { host, root, rows, focused, press, watchBar, openPage };
})();
