// The code in the documentation. What follows the language of a block says what it is:
//
//   ```js page                runs in a page
//   ```js worker              part of the service worker
//   ```html page, css page    part of the page
//   ```js vite                the beginning of the page's module, see test/pack/start.mjs,
//   ```js config, sh plain, sh vite      which also runs these
//   ```ts unit                runs in Node, see test/pack/realms.mjs
//
// Blocks for a page may use `backgroundFetch`, `download` (one that has just begun)
// and `file` (a File of the user's) without saying where they are from. In a line such as
// `console.log(answer.status); // 201` the comment is what it prints.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './server.mjs';

/** Those whose code is run; of all others it is only checked. */
export const runDocuments = ['README.md', ...['start', 'guide', 'http', 'list', 'migration'].map((name) => `docs/${name}.md`)];

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

/** The code of a document's blocks of one kind. */
export const codeOfKind = (blocks, language, mark) =>
  blocks.filter((one) => one.language === language && one.mark === mark).map(({ code }) => code);
