// The code in the documentation. What follows the language of a block says what it is:
//
//   ```js page      runs in a page
//   ```js worker    part of the service worker
//   ```js           for a page, its types are checked, it is not run
//   ```html page    part of the page
//
// Blocks for a page may use `backgroundFetch`, `download` (one that has just begun)
// and `file` (a File of the user's) without saying where they are from.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './server.mjs';

/** Those whose code is run; of all others it is only checked. */
export const runDocuments = ['README.md', 'docs/guide.md', 'docs/migration.md'];

/** All blocks of code of a document, in their order. `line` is that of the first line of code. */
export function codeOf(document) {
  const blocks = [];
  let block;
  fs.readFileSync(path.join(root, document), 'utf8')
    .split('\n')
    .forEach((text, index) => {
      const fence = /^(\s*)```(\w*)\s*(\w*)/.exec(text);
      if (fence && !block) block = { indent: fence[1].length, language: fence[2], mark: fence[3], line: index + 2, code: '' };
      else if (fence) {
        blocks.push({ document, ...block });
        block = undefined;
      } else if (block) block.code += `${text.slice(block.indent)}\n`;
    });
  return blocks;
}
