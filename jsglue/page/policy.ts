/**
 * Whether the content security policy of this realm lets it connect to URLs. The
 * service worker that sends the requests has a policy of its own, so this can only be
 * asked here. No request leaves for it, in no browser: a request that is aborted at
 * once would, now and then, so there are three ways that cannot send one.
 */

import { sleep } from '../shared/deadline';
import { forbids } from './source-list';

/** The browser's own, whatever the site makes of them later. */
const { EventSource, fetch } = globalThis;

/** The event comes with the rejection, or soon after it. */
const EVENT_WITHIN_MS = 200;
/** Of more URLs than this, one in each directory is asked. */
const MAX_ASKED = 32;

/**
 * An address that no request can have: the name is of nobody, and the port is blocked
 * (https://fetch.spec.whatwg.org/#port-blocking). It says in the console what it is for.
 */
const NOWHERE = '//only-asking-the-policy.background-fetch.invalid:1';

/** What was allowed stays so, but for a policy that a script adds later. */
const allowed = new Set<string>();

/** What the calls of this turn ask about, and the answer to it: a hundred calls need one frame. */
const waiting = new Set<string>();
let answer: Promise<string[]> | undefined;

/** Rejects with a TypeError that names a forbidden URL. */
export async function checkPolicy(urls: string[]): Promise<void> {
  const asked = notYetAllowed(urls);
  if (asked.length === 0) return;
  for (const url of asked) waiting.add(url);
  const forbidden = await (answer ??= askAfterTurn());
  for (const url of asked) {
    if (forbidden.includes(url)) throw new TypeError(`The content security policy (connect-src) forbids ${url}`);
    allowed.add(url);
  }
}

/** Gives those that are forbidden. */
async function askAfterTurn(): Promise<string[]> {
  await undefined;
  const asked = [...waiting];
  waiting.clear();
  answer = undefined;
  const isWebKit = /AppleWebKit\/(?!.*Chrom(e|ium)\/)/.test(navigator.userAgent);
  return (isWebKit ? askByEventSource : globalThis.document ? askInFrame : askInWorker)(asked);
}

function notYetAllowed(urls: string[]): string[] {
  const distinct = [...new Set(urls.map(withoutQuery))].filter((url) => !allowed.has(url));
  if (distinct.length <= MAX_ASKED) return distinct;
  return [...new Map(distinct.map((url) => [url.slice(0, url.lastIndexOf('/')), url])).values()];
}

/** Policies look at neither query nor fragment. */
function withoutQuery(url: string): string {
  return url.split(/[?#]/)[0]!;
}

/** WebKit's constructor throws when the policy forbids, and connects in a later task: never, as it is closed before. */
async function askByEventSource(urls: string[]): Promise<string[]> {
  return urls.filter((url) => {
    try {
      new EventSource(url).close();
      return false;
    } catch (error) {
      return (error as DOMException).name === 'SecurityError';
    }
  });
}

/**
 * In a frame that has the policies of the page and one more, which lets it connect to
 * nothing at all. Each policy tells what it forbids, the frame's own as the last. The
 * query, at which no policy looks, says which URL it is; of one without a host a policy
 * tells, and forbids, no more than the scheme.
 */
async function askInFrame(urls: string[]): Promise<string[]> {
  const refused: string[] = [];
  const frame = document.createElement('iframe');
  frame.hidden = true;
  document.documentElement.append(frame);
  try {
    const { contentDocument: inner, contentWindow: realm } = frame;
    // Some other kind of document than HTML has no frames.
    if (!inner || !realm) return [];
    const policy = inner.createElement('meta');
    policy.httpEquiv = 'Content-Security-Policy';
    policy.content = `connect-src http:${NOWHERE}`;
    inner.head.append(policy);
    let answered = 0;
    const all = new Promise<void>((resolve) => {
      inner.addEventListener('securitypolicyviolation', (event) => {
        if (event.originalPolicy.includes(NOWHERE)) {
          if (++answered === urls.length) resolve();
        } else if (isRefusal(event)) refused.push(event.blockedURI);
      });
    });
    const { fetch } = realm as Window & typeof globalThis;
    const rejected = Promise.allSettled(urls.map((url, index) => fetch(`${url}?${index}`)));
    // Mixed content can be refused before a policy is asked, without an event.
    await Promise.race([all, rejected.then(() => sleep(EVENT_WITHIN_MS))]);
  } finally {
    frame.remove();
  }
  return urls.filter((url, index) => refused.some((uri) => uri.endsWith(`?${index}`) || url.startsWith(`${uri}:`)));
}

let policiesOfWorker: Promise<string[]> | undefined;

/** A worker has no frames, but the policies that came with its script are all that it ever has. */
async function askInWorker(urls: string[]): Promise<string[]> {
  const policies = await (policiesOfWorker ??= learnPolicies());
  return urls.filter((url) => policies.some((policy) => forbids(policy, url, self.origin)));
}

/**
 * The policies of this worker that do not allow everything: those that forbid NOWHERE.
 * The event has the text of the policy.
 */
async function learnPolicies(): Promise<string[]> {
  const policies: string[] = [];
  const note = (event: Event): void => {
    if (isRefusal(event as SecurityPolicyViolationEvent)) policies.push((event as SecurityPolicyViolationEvent).originalPolicy);
  };
  self.addEventListener('securitypolicyviolation', note);
  const ask = (): Promise<unknown> => fetch(new URL(NOWHERE, self.origin)).catch(() => {});
  await ask();
  await sleep(EVENT_WITHIN_MS);
  // On a busy machine the event may be late; it is not later than the answer to a second question.
  if (policies.length === 0) await ask();
  self.removeEventListener('securitypolicyviolation', note);
  return policies;
}

function isRefusal({ disposition, effectiveDirective }: SecurityPolicyViolationEvent): boolean {
  return disposition === 'enforce' && effectiveDirective === 'connect-src';
}
