/** What the names of the worker's caches (sw/context.ts) tell the page. */

/**
 * Of the bodies of a background fetch, of the sign that they are kept for good, and of the
 * program, which every worker of ours has when it is installed.
 */
type Kind = 'data' | 'kept' | 'program';

/** Whether a registration has a cache of this kind among these. */
export function hasCache(names: string[], kind: Kind, scope: string): boolean {
  return names.some((name) => isOf(name, kind, scope));
}

/** Those of the background fetches of a registration. */
export function ownCaches(names: string[], scope: string): string[] {
  return names.filter((name) => isOf(name, 'data', scope) || isOf(name, 'kept', scope));
}

function isOf(name: string, kind: Kind, scope: string): boolean {
  const prefix = `bgfetch:${kind}:${scope}:`;
  // A unique id or a hash follows; more than that is a scope that begins alike.
  return name.startsWith(prefix) && !/[/:]/.test(name.slice(prefix.length));
}
