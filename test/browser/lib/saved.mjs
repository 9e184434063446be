// Downloads that the browser itself makes, to its directory.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Follows a link in the page to something that is saved. */
export function save(test, page, href) {
  return page.evaluate(
    (href, name) => {
      // A click on a link leaves the page where it is, but ends what the WebKit
      // driver's agent in it waits for.
      const link = document.createElement(name);
      link[name === 'a' ? 'href' : 'src'] = href;
      document.body.append(link);
      link.click();
    },
    href,
    test.driver.name === 'webkit' ? 'iframe' : 'a',
  );
}

/** Path of the file of that name, with whatever extension, once all its bytes are there. */
export async function savedFile(directory, name, size, timeoutMs = 30_000) {
  for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
    const found = fs.readdirSync(directory).find((file) => file.startsWith(name) && !/\.(part|crdownload)$/.test(file));
    const file = found && path.join(directory, found);
    if (file && fs.statSync(file).size >= size) return file;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} was not saved; there is ${fs.readdirSync(directory)}`);
}

/** The hash of a file of any size. */
export async function sha256File(file) {
  const hash = crypto.createHash('sha256');
  for await (const piece of fs.createReadStream(file)) hash.update(piece);
  return hash.digest('hex');
}
