// What tools/shrink does changes nothing that the program reads. Both are instantiated, as
// linked and as shipped, and their memories compared: they are the same but for the tables
// that Go's runtime prints stack traces from. These are read here once more, as the runtime
// does, function by function.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The memory that a program begins with, as an instance has it, and its exports. */
async function begin(file) {
  const module = await WebAssembly.compile(readFileSync(join(root, file)));
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [name]: () => assert.fail(`${file} calls ${name} before it is run`) };
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  return { memory: Buffer.from(exports.mem.buffer), exports: Object.keys(exports).sort() };
}

// runtime.pcHeader and runtime._func, in Go's src/runtime.
const PC_HEADER = Buffer.from([0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]);
const FUNC_SIZE = 44;
const OF_LINES = [20, 24, 32, 36]; // pcfile, pcln, cuOffset, startLine

/** Where the tables lie; each is a list of functions, each with its parts. */
function tables(memory) {
  const at = memory.indexOf(PC_HEADER);
  assert.ok(at > 0 && memory.indexOf(PC_HEADER, at + 1) < 0, 'runtime.pcHeader is there once');
  const field = (n) => Number(memory.readBigUInt64LE(at + 8 + 8 * n));
  const [names, units, , values, functions] = [3, 4, 5, 6, 7].map(field);
  return { at, count: field(0), names: at + names, units: at + units, values: at + values, functions: at + functions };
}

/** What the runtime prints for a name: runtime.funcNamePiecesForPrint. */
function printed(memory, at) {
  const name = memory.toString('utf8', at, memory.indexOf(0, at));
  return name.replace(/\[.*\]/s, '[...]');
}

/** The table at an offset of pctab, as hexadecimal digits; none for offset 0. */
function valueTable(memory, { values }, offset) {
  if (offset === 0) return '';
  let end = values + offset;
  const number = () => {
    let more = true;
    let zero = true;
    while (more) {
      const byte = memory[end++];
      more = byte >= 0x80;
      zero &&= (byte & 0x7f) === 0;
    }
    return zero;
  };
  for (let first = true; !number() || first; first = false) number();
  return memory.toString('hex', values + offset, end);
}

function functionsOf(memory) {
  const where = tables(memory);
  const functions = [];
  for (let i = 0; i < where.count; i++) {
    const at = where.functions + memory.readUInt32LE(where.functions + 8 * i + 4);
    const fields = Buffer.from(memory.subarray(at, at + FUNC_SIZE));
    for (const field of OF_LINES) fields.fill(0, field, field + 4);
    const pcsp = valueTable(memory, where, fields.readUInt32LE(16));
    fields.fill(0, 16, 20);
    const lists = [];
    for (let n = 0; n < fields.readUInt32LE(28); n++) {
      lists.push(valueTable(memory, where, memory.readUInt32LE(at + FUNC_SIZE + 4 * n)));
    }
    functions.push({
      at,
      name: printed(memory, where.names + fields.readInt32LE(4)),
      fields: fields.toString('hex'),
      pcsp,
      lists,
    });
  }
  return functions;
}

/** Memory without what functionsOf() reads, and what is left out. */
function rest(memory, functions) {
  const { names, functions: end } = tables(memory);
  const copy = Buffer.from(memory);
  copy.fill(0, names, end);
  for (const { at, lists } of functions) copy.fill(0, at, at + FUNC_SIZE + 4 * lists.length);
  return copy;
}

const linked = await begin('test/.cache/linked.wasm');
const shipped = await begin('dist/bgfetch.wasm');
assert.deepEqual(shipped.exports, linked.exports);

const expected = functionsOf(linked.memory);
const functions = functionsOf(shipped.memory);
assert.ok(expected.length > 1000, `${expected.length} functions`);
assert.ok(expected.some(({ lists }) => lists.some((list) => list !== '')) && expected.every(({ name }) => name !== ''));
assert.deepEqual(functions, expected);
assert.ok(rest(shipped.memory, functions).equals(rest(linked.memory, expected)), 'the memory is the same');
