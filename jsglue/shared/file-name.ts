/**
 * The name of a file by its URL, for people: the last segment of the path that is not empty,
 * decoded, or else the host. Under which name a file is saved the program decides.
 */
export function fileNameOf(url: string): string {
  const { pathname, host } = new URL(url);
  const segment = pathname.split('/').filter(Boolean).pop() ?? host;
  // A % may escape nothing, or bytes that are no text.
  const name = segment.replace(/(?:%[\da-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
  // What cannot be seen could let a name look like another one.
  return name.replace(/\p{C}/gu, '') || host;
}
