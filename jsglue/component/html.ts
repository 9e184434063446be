/** Elements without markup: what comes from sites is only ever text. */

export type Child = Node | string;

/** What elements extend. Servers and tests without a browser load them, too, and have none. */
export const Base = globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement);

/** Members whose name begins with "on" are listeners, the others attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Record<string, string | ((event: Event) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Sets the text, where it is another one: nothing is laid out for nothing. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The same with several, each of which may be written from another side. */
export function setParts(element: HTMLElement, parts: string[]): void {
  if (element.textContent === parts.join(' · ')) return;
  element.replaceChildren(...parts.flatMap((part, i) => (i > 0 ? [' · ', h('bdi', {}, part)] : [h('bdi', {}, part)])));
}

/** A style sheet that the content security policy of a site does not forbid. */
export function styleSheet(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
