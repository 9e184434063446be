/** What is named after the scope of a registration: pages and worker find it by these names. */

/** What the names of all our caches begin with. */
const OURS = 'bgfetch:';

/** The Web Lock under which the program of a scope runs. */
export const lockName = (scope: string): string => OURS + scope;

/** The database of the program of a scope. */
export const databaseName = (scope: string): string => OURS + scope;

/** The version of the database that the program of this version makes. */
export const DATABASE_VERSION = 3;

/**
 * Caches with the bodies of a background fetch; empty ones that say that these are kept for good; and
 * the one with the program, which every worker of ours has when it is installed.
 */
export type CacheKind = 'data' | 'kept' | 'program';

/** A unique id follows, or of the program a hash. */
export const cachePrefix = (kind: CacheKind, scope: string): string => `${OURS}${kind}:${scope}:`;

export function isOwnCache(name: string): boolean {
  return name.startsWith(OURS);
}

/** Those with the prefix. What follows it has no such sign in it, but that of a scope which begins alike has. */
export function withPrefix(names: string[], prefix: string): string[] {
  return names.filter((name) => name.startsWith(prefix) && !/[/:]/.test(name.slice(prefix.length)));
}

/** Whether a worker of ours was installed for the scope. */
export function hasProgram(names: string[], scope: string): boolean {
  return withPrefix(names, cachePrefix('program', scope)).length > 0;
}

/** The caches of background fetches of the scope. */
export function bodyCaches(names: string[], scope: string): string[] {
  return (['data', 'kept'] as const).flatMap((kind) => withPrefix(names, cachePrefix(kind, scope)));
}

/** Whether there are bodies that are not kept for good: the sign of work that can be seen without the program. */
export function hasWork(names: string[], scope: string): boolean {
  const [data, kept] = [cachePrefix('data', scope), cachePrefix('kept', scope)];
  return withPrefix(names, data).some((name) => !names.includes(kept + name.slice(data.length)));
}
