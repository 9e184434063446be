// Downloads that the browser itself makes, to its directory.
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

/** The file of that name, with whatever extension, once all its bytes are there. */
export async function saved(directory, name, size) {
  for (let i = 0; i < 300; i++) {
    const found = fs.readdirSync(directory).find((file) => file.startsWith(name) && !file.endsWith('.part'));
    const file = found && path.join(directory, found);
    if (file && fs.statSync(file).size >= size) return fs.readFileSync(file);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} was not saved; there is ${fs.readdirSync(directory)}`);
}
