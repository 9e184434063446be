/**
 * Whether the document's content security policy lets it connect to URLs. The
 * worker that sends the requests has a policy of its own, so this can only be
 * asked in the page: a fetch() that is aborted at once rejects with AbortError
 * when it is allowed, and with a TypeError and a securitypolicyviolation when not.
 */

/** The browser's own, whatever the site makes of its fetch later. */
const { fetch } = globalThis;

/** How long after the rejection the event may come. */
const EVENT_WITHIN_MS = 200;

/** Rejects with a TypeError that names a forbidden URL. */
export async function checkPolicy(urls: string[]): Promise<void> {
  // Policies look at neither query nor fragment.
  const distinct = new Set(urls.map((url) => url.split(/[?#]/)[0]!));
  const forbidden: string[] = [];
  const note = ({ disposition, effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void => {
    if (disposition === 'enforce' && effectiveDirective === 'connect-src') forbidden.push(blockedURI);
  };
  document.addEventListener('securitypolicyviolation', note);
  try {
    const allowed = await Promise.all([...distinct].map(mayConnect));
    // Other things make a TypeError, too; the event tells which it was.
    if (allowed.includes(false)) await new Promise((resolve) => setTimeout(resolve, EVENT_WITHIN_MS));
  } finally {
    document.removeEventListener('securitypolicyviolation', note);
  }
  const [first] = forbidden.filter((url) => distinct.has(url.split(/[?#]/)[0]!));
  if (first !== undefined) throw new TypeError(`The content security policy (connect-src) forbids ${first}`);
}

async function mayConnect(url: string): Promise<boolean> {
  const aborter = new AbortController();
  // A HEAD request without anything of the user, should it get as far as a server.
  const asked = fetch(url, { method: 'HEAD', mode: 'no-cors', credentials: 'omit', signal: aborter.signal });
  aborter.abort();
  return asked.then(
    () => true,
    (error) => error.name === 'AbortError',
  );
}
