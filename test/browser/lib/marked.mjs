// Places in the documentation that a run of the tests writes, between two marks.
import fs from 'node:fs';

/** Replaces what stands between the marks in the file. */
export function writeMarked(file, { begin, end }, text) {
  const [before, rest] = fs.readFileSync(file, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${file} has no place for what the run wrote:\n${begin}\n${end}`);
  fs.writeFileSync(file, `${before}${begin}\n${text}\n${end}${after}`);
}
