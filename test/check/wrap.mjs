// Documents are wrapped at one width, as text is filled: no line could take the first word
// of the next one. Tables, code, HTML, headings, and what was generated stay as they are,
// and a URL or a span of code is not broken.
//
//   node test/check/wrap.mjs           names the documents that are not
//   node test/check/wrap.mjs --write   wraps them (./build.sh format)
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const width = 100;

const fence = /^\s*(```|~~~)/;
/** Lines that are no part of a paragraph. */
const alone = /^\s*(\||#{1,6} |<|---+$|\[[^\]]+\]: )/;
const listItem = /^(\s*)((?:[-*+]|\d+[.)]) +)(.*)$/;
/** From here to its end a document is written by a program. */
const generated = '<!-- Written by';
/** Words that would be markup at the beginning of a line: they stay behind the word before them. */
const markup = /^([-*+|=]+|#+|\d+[.)]|[>|<].*)$/;

const lengthOf = (text) => [...text].length;

/** Words of a text. Spans of code are not broken. */
function wordsOf(text) {
  const words = [];
  for (const [word] of text.matchAll(/(?:(`+).*?\1|[^\s`])+/g)) {
    if (words.length > 0 && markup.test(word)) words.push(`${words.pop()} ${word}`);
    else words.push(word);
  }
  return words;
}

/** Fills lines with the words of a paragraph. `first` stands before its first line, `rest` before the others. */
function fill(text, first, rest) {
  const lines = [];
  let line = first;
  let empty = true;
  for (const word of wordsOf(text)) {
    if (!empty && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

/**
 * The parts of a line that begins an item of a list. A number other than 1 begins none in the middle of
 * a paragraph: Markdown takes it for a word of that.
 */
function itemOf(line, paragraph) {
  const item = listItem.exec(line);
  const isWithin = item && paragraph && item[1].length >= paragraph.rest.length;
  return isWithin && /^\d/.test(item[2]) && Number.parseInt(item[2], 10) !== 1 ? null : item;
}

/** The document, wrapped. */
export function wrapped(text) {
  const lines = [];
  /** The paragraph that is being read: what stands before its lines, and its text. */
  let paragraph;
  const end = () => {
    if (paragraph) lines.push(...fill(paragraph.text, paragraph.first, paragraph.rest));
    paragraph = undefined;
  };
  let verbatim;
  for (const source of text.split('\n')) {
    const line = source.trimEnd();
    if (verbatim) {
      lines.push(source);
      if (verbatim(line)) verbatim = undefined;
    } else if (fence.test(line) || line.startsWith(generated)) {
      end();
      lines.push(source);
      verbatim = fence.test(line) ? (next) => fence.test(next) : () => false;
    } else if (line === '' || alone.test(line)) {
      end();
      lines.push(line);
      // A block of HTML goes on to the next empty line.
      if (/^\s*<(?!!--)/.test(line)) verbatim = (next) => next === '';
    } else {
      const item = itemOf(line, paragraph);
      if (item || !paragraph) {
        end();
        const indent = item ? item[1] : /^\s*/.exec(line)[0];
        const first = indent + (item?.[2] ?? '');
        paragraph = { first, rest: ' '.repeat(first.length), text: item ? item[3] : line.trim() };
      } else paragraph.text += ` ${line.trim()}`;
    }
  }
  end();
  return lines.join('\n');
}

function main(write) {
  const root = join(import.meta.dirname, '../..');
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
  const names = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).trim().split('\n');
  for (const name of names.filter((one) => existsSync(join(root, one)))) {
    const text = readFileSync(join(root, name), 'utf8');
    const right = wrapped(text);
    if (right === text) continue;
    if (write) {
      writeFileSync(join(root, name), right);
      continue;
    }
    const [was, want] = [text.split('\n'), right.split('\n')];
    const line = was.findIndex((one, index) => one !== want[index]) + 1;
    console.log(`${name}(${line}): is not wrapped at ${width} columns: ./build.sh format`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === import.meta.filename) main(process.argv[2] === '--write');
