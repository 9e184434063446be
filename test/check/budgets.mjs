/** File of dist/ -> bytes at most, with brotli. docs/decisions/size.md tells what the program consists of. */
export const budgets = {
  ...{ 'bgfetch.wasm': 1_000_000, 'sw.js': 24_000, 'page.js': 12_000, 'list.js': 12_000 },
  ...{ 'react.mjs': 6_000, 'vue.mjs': 6_000, 'svelte.mjs': 6_000 },
};
