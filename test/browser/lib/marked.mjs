// Places in the documentation that a run of the tests writes, between two marks.
import fs from 'node:fs';

/** Replaces what stands between the marks in the file. */
export function writeMarked(file, { begin, end }, text) {
  const all = fs.readFileSync(file, 'utf8');
  const from = all.indexOf(begin);
  const to = all.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${file} has no place for what the run wrote:\n${begin}\n${end}`);
  fs.writeFileSync(file, `${all.slice(0, from)}${begin}\n${text}\n${all.slice(to)}`);
}
