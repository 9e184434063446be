/** What the names of the worker's caches (sw/context.ts) tell the page. */

/** Of the bodies of a background fetch, and of the program, which every worker of ours has when it is installed. */
type Kind = 'data' | 'program';

/** Whether a registration has a cache of this kind among these. */
export function hasCache(names: string[], kind: Kind, scope: string): boolean {
  const prefix = `bgfetch:${kind}:${scope}:`;
  // A unique id or a hash follows; more than that is a scope that begins alike.
  return names.some((name) => name.startsWith(prefix) && !/[/:]/.test(name.slice(prefix.length)));
}
