/**
 * Whether the content security policy of this realm lets it connect to URLs. The
 * service worker that sends the requests has a policy of its own, so this can only be
 * asked here: a fetch() that is aborted at once rejects with AbortError
 * when it is allowed, and with a TypeError and a securitypolicyviolation when not.
 */

/** The browser's own, whatever the site makes of its fetch later. */
const { fetch } = globalThis;

/** How long after the rejection the event may come. */
const EVENT_WITHIN_MS = 200;
/** In a worker the abort would overtake the policy, which another thread looks at. */
const WORKER_ABORTS_AFTER_MS = 250;
/** A probe takes half a millisecond; of more URLs than this, one in each directory is asked. */
const MAX_PROBES = 32;

/** Violations are told to the document; workers have none, and hear of them themselves. */
const reported: EventTarget = globalThis.document ?? globalThis;

/** What was allowed stays so, but for a policy that a script adds later. */
const allowed = new Set<string>();

/** Rejects with a TypeError that names a forbidden URL. */
export async function checkPolicy(urls: string[]): Promise<void> {
  const asked = notYetAllowed(urls);
  const forbidden: string[] = [];
  const note = (event: Event): void => {
    const { disposition, effectiveDirective, blockedURI } = event as SecurityPolicyViolationEvent;
    if (disposition === 'enforce' && effectiveDirective === 'connect-src') forbidden.push(withoutQuery(blockedURI));
  };
  reported.addEventListener('securitypolicyviolation', note);
  try {
    const answers = await Promise.all(asked.map(mayConnect));
    // Other things make a TypeError, too; the event tells which it was.
    if (answers.includes(false)) await new Promise((resolve) => setTimeout(resolve, EVENT_WITHIN_MS));
    const first = asked.find((url) => forbidden.includes(url));
    if (first) throw new TypeError(`The content security policy (connect-src) forbids ${first}`);
    asked.forEach((url, index) => answers[index] && allowed.add(url));
  } finally {
    reported.removeEventListener('securitypolicyviolation', note);
  }
}

function notYetAllowed(urls: string[]): string[] {
  const distinct = [...new Set(urls.map(withoutQuery))].filter((url) => !allowed.has(url));
  if (distinct.length <= MAX_PROBES) return distinct;
  return [...new Map(distinct.map((url) => [url.slice(0, url.lastIndexOf('/')), url])).values()];
}

/** Policies look at neither query nor fragment. */
function withoutQuery(url: string): string {
  return url.split(/[?#]/)[0]!;
}

/** False where the browser refuses, for whatever reason. */
async function mayConnect(url: string): Promise<boolean> {
  const aborter = new AbortController();
  const init: RequestInit = { method: 'HEAD', credentials: 'omit', signal: aborter.signal };
  // Chromium may have sent it before it is aborted. One to our own origin can be
  // kept from going out at all, one to another carries nothing of the user.
  const ownOrigin = new URL(url).origin === location.origin;
  const how: RequestInit = ownOrigin ? { mode: 'same-origin', cache: 'only-if-cached' } : { mode: 'no-cors' };
  const asked = fetch(url, { ...init, ...how });
  const abort = (): void => aborter.abort();
  const timer = globalThis.document ? void abort() : setTimeout(abort, WORKER_ABORTS_AFTER_MS);
  return asked
    .then(
      () => true,
      (error) => error.name === 'AbortError',
    )
    .finally(() => clearTimeout(timer));
}
