/**
 * The API reference, docs/api.md, from the types of the package and their comments:
 *
 *   node jsglue/reference.mjs           writes it
 *   node jsglue/reference.mjs --check   fails where what is there is another
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wrapped } from '../test/check/wrap.mjs';

const glue = import.meta.dirname;
const target = join(glue, '../docs/api.md');

/** Chapter, what it begins with, and [file, its declarations; all of them by default]. */
const chapters = [
  [
    'In pages and workers',
    'Global, after `page.js` or `sw.js` has run, or `install()` was called.',
    [['types/globals.d.ts'], ['shared/states.ts'], ['shared/pieces.ts', ['Pieces']], ['shared/retry.ts', ['RetryOptions']]],
  ],
  ['In the service worker', 'Beside all of the above.', [['types/worker-globals.d.ts']]],
  [
    "`import { install } from 'background-fetch-wasm'`",
    'For pages that have a bundler. The options are those of `backgroundFetchOptions` for `page.js`, too.',
    [['page/options.ts'], ['page/install.ts']],
  ],
  [
    "`import type { Listings } from 'background-fetch-wasm'`",
    'The types of the [JSON](http.md#json) that the worker serves: `Listings` of `list`, `History` of `history`, `Log` of `log`, `KeptList` of `kept`, `KeptUsage` of `usage`, `RemainsList` of `remains`.',
    [
      ['shared/listings.ts'],
      [
        'shared/protocol.ts',
        ['Snapshot', 'GroupSnapshot', 'RecordSnapshot', 'KeptRecord', 'KeptList', 'KeptUsage', 'RemainsList'],
      ],
    ],
  ],
  [
    "`import { install } from 'background-fetch-wasm/worker'`",
    'For module workers. The options are those of `backgroundFetchOptions` for `sw.js`, too.',
    [
      ['sw/module.ts'],
      ['sw/options.ts', ['WorkerOptions']],
      ['shared/log.ts', ['LogBatch', 'LogEntry', 'LogEvent', 'LogVersion']],
    ],
  ],
  [
    "`import 'background-fetch-wasm/list.js'`",
    'The elements `<background-fetch-list>` and `<background-fetch-log>`, see [the list](list.md).',
    [['component/elements.ts'], ['shared/texts.ts', ['PluralText', 'TEXTS', 'Texts']]],
  ],
  ["`import { modelStore, keepModels } from 'background-fetch-wasm/models'`", 'For files of AI models.', [['models/index.ts']]],
  [
    "`import { useBackgroundFetch, useDownloads } from 'background-fetch-wasm/react'`",
    'Hooks, see [Frameworks](frameworks.md). The types are those of `/vue` and `/svelte`, too.',
    [
      ['frameworks/react.ts'],
      ['frameworks/background-fetch.ts', ['BackgroundFetchState']],
      ['frameworks/downloads.ts', ['Downloads', 'Download', 'EndedDownload', 'ScopeOptions']],
    ],
  ],
  ["`import { useBackgroundFetch, useDownloads } from 'background-fetch-wasm/vue'`", 'Composables.', [['frameworks/vue.ts']]],
  [
    "`import { useBackgroundFetch, useDownloads } from 'background-fetch-wasm/svelte'`",
    'Readable stores.',
    [['frameworks/svelte.ts']],
  ],
  [
    "`import { backgroundFetch } from 'background-fetch-wasm/vite'`",
    'In `vite.config.js`.',
    [['vite/index.ts', ['backgroundFetch']]],
  ],
  [
    "`import { startFaults } from 'background-fetch-wasm/faults'`",
    'In Node, for tests of sites, see [faults](faults.md).',
    [['faults/index.ts'], ['faults/parameters.ts', ['FaultParameters']], ['faults/journal.ts', ['FaultLogEntry', 'Outcome']]],
  ],
];

/** What is declared in a file for others: name, comment, and the text without what it does. */
function declarationsOf(file) {
  const text = readFileSync(join(glue, file), 'utf8');
  // Global declarations stand indented, in `declare global`.
  const declaration =
    /^( *)((?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n *)?)((?:export )?(?:async )?(interface|type|function|const) (\w+)[\s\S]*?)$(?=\n(?:\1)?(?:[^ }\n]|\n(?!\1 )|$(?!\n))|\n\1\})/gm;
  return [...text.matchAll(declaration)]
    .filter(([, indent, , code]) => (file.endsWith('.d.ts') ? indent === '  ' : code.startsWith('export ')))
    .map(([, indent, comment, code, kind, name]) => ({ name, comment: plain(comment), code: signature(code, kind, indent) }));
}

/** A comment as text. */
const plain = (comment) => comment.replaceAll(/^ *\/?\*+(?:\/| ?)|\*\/\s*$/gm, '').trim();

/** How listeners are added is the same for every EventTarget. */
const LISTENERS = /\n+ *(add|remove)EventListener\b[^;]*;/g;

function signature(code, kind, indent) {
  const unindented = code
    .replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    .replace(/^export (async )?/m, '')
    .replaceAll(LISTENERS, '');
  if (kind === 'function') return `${unindented.slice(0, unindented.search(/ \{\n/))};`;
  const closing = { interface: '\n}', const: '\n};' }[kind];
  return closing && !unindented.endsWith('{}') ? unindented.trimEnd() + closing : unindented;
}

function chapter([title, text, files]) {
  const parts = files.flatMap(([file, names]) => {
    const found = declarationsOf(file).filter(({ name }) => !names || names.includes(name));
    if (found.length === 0 || (names && found.length !== names.length))
      throw new Error(`${file} has not what it should: ${names}`);
    return found.map(({ name, comment, code }) => `### ${name}\n\n${comment}${comment && '\n\n'}\`\`\`ts\n${code}\n\`\`\`\n`);
  });
  return `## ${title}\n\n${text}\n\n${parts.join('\n')}`;
}

const reference = wrapped(`# API reference

Made from the types of the package by \`./build.sh reference\`: what is wrong here is wrong in \`jsglue\`. Members marked "Addition" are not part of the
[standard](https://wicg.github.io/background-fetch/), and [explained here](additions.md).

${chapters.map(chapter).join('\n')}`);

if (process.argv[2] !== '--check') writeFileSync(target, reference);
else if (readFileSync(target, 'utf8') !== reference) {
  console.log('docs/api.md is not what the types say: ./build.sh reference');
  process.exitCode = 1;
}
