// Files only. `next start` serves the same pages, without this line.
export default { output: 'export' };
