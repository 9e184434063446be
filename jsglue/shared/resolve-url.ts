/** A URL as the Request constructor resolves it, against the realm's base URL; "" where it does not parse. */
export function resolveURL(url: string): string {
  try {
    return new Request(url).url;
  } catch {
    return '';
  }
}
