/** What a content security policy says of a URL, where the browser cannot be asked. */

const HOST_SOURCE = /^(?:([a-z][a-z\d+.-]*):\/\/)?(\*|(?:\*\.)?[\w-]+(?:\.[\w-]+)*)(?::(\d+|\*))?(\/[^?#]*)?$/i;

const DEFAULT_PORTS: Record<string, string> = { http: '80', https: '443' };

/**
 * Whether `connect-src` of the policy, or else its `default-src`, forbids the http(s) URL.
 * Source: https://w3c.github.io/webappsec-csp/#match-url-to-source-list
 */
export function forbids(policy: string, url: string, origin: string): boolean {
  const listed = policy.split(';').map((text): [string, string[]] => {
    const [name, ...sources] = text.trim().split(/\s+/) as [string, ...string[]];
    return [name.toLowerCase(), sources];
  });
  // Of two with the same name the first counts.
  const directives = new Map(listed.reverse());
  const sources = directives.get('connect-src') ?? directives.get('default-src');
  return sources !== undefined && !sources.some((source) => matches(source, new URL(url), new URL(origin)));
}

/** Source: https://w3c.github.io/webappsec-csp/#match-url-to-source-expression */
function matches(source: string, url: URL, self: URL): boolean {
  if (source === '*') return true;
  if (/^[a-z][a-z\d+.-]*:$/i.test(source)) return schemeMatches(source.slice(0, -1), url);
  if (source.toLowerCase() === "'self'") return isSelf(url, self);
  const [whole, scheme, host, port, path] = HOST_SOURCE.exec(source) ?? [];
  if (!whole) return false;
  return (
    schemeMatches(scheme ?? schemeOf(self), url) &&
    hostMatches(host!.toLowerCase(), url.hostname) &&
    portMatches(port, scheme ?? schemeOf(self), url) &&
    pathMatches(path, url.pathname)
  );
}

const schemeOf = ({ protocol }: URL): string => protocol.slice(0, -1);
const portOf = (url: URL): string => url.port || DEFAULT_PORTS[schemeOf(url)]!;

/** What is allowed by http is by https. */
function schemeMatches(scheme: string, url: URL): boolean {
  const wanted = scheme.toLowerCase();
  return wanted === schemeOf(url) || (wanted === 'http' && schemeOf(url) === 'https');
}

function isSelf(url: URL, self: URL): boolean {
  if (url.origin === self.origin) return true;
  return url.hostname === self.hostname && schemeMatches(schemeOf(self), url) && url.port === '' && self.port === '';
}

function hostMatches(host: string, hostname: string): boolean {
  return host === '*' || (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host);
}

function portMatches(port: string | undefined, scheme: string, url: URL): boolean {
  if (port === undefined) return url.port === '';
  const upgraded = port === '80' && scheme.toLowerCase() === 'http' && portOf(url) === '443';
  return port === '*' || port === portOf(url) || upgraded;
}

/** Source: https://w3c.github.io/webappsec-csp/#path-part-match */
function pathMatches(path: string | undefined, pathname: string): boolean {
  if (path === undefined || path === '/') return true;
  const [asked, wanted] = [decoded(pathname), decoded(path)];
  return wanted.endsWith('/') ? asked.startsWith(wanted) : asked === wanted;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
