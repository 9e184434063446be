// Reads ZIP archives whose files are stored as they are, of any size (ZIP64), piece by piece.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import zlib from 'node:zlib';

const WIDE = 0xffff_ffff;
const PIECE = 4 * 1024 * 1024;

/** [{name, size, sha256}] of the files in the archive, whose sums and offsets have to be right. */
export function unzip(archive) {
  const fd = fs.openSync(archive);
  try {
    const { size } = fs.fstatSync(fd);
    const at = (offset, length) => {
      const bytes = Buffer.alloc(length);
      assert.equal(fs.readSync(fd, bytes, 0, length, offset), length, `${length} bytes at ${offset}`);
      return bytes;
    };
    const { count, start, length } = directory(at, size);
    const entries = at(start, length);
    const files = [];
    for (let i = 0, next = 0; i < count; i++) {
      const entry = entries.subarray(next);
      assert.equal(entry.readUInt32LE(0), 0x02014b50, 'an entry of the directory');
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => entry.readUInt16LE(field));
      const name = entry.toString('utf8', 46, 46 + nameLength);
      const [, fileSize, local] = wide(entry, [20, 24, 42], entry.subarray(46 + nameLength, 46 + nameLength + extraLength));
      files.push({ name, size: fileSize, sha256: check(at, name, local, fileSize, entry.readUInt32LE(16)) });
      next += 46 + nameLength + extraLength + commentLength;
    }
    return files;
  } finally {
    fs.closeSync(fd);
  }
}

/** How many entries the directory has, and where it is. */
function directory(at, size) {
  const end = at(size - 22, 22); // there is no comment
  assert.equal(end.readUInt32LE(0), 0x06054b50, 'the end of the archive');
  const small = { count: end.readUInt16LE(10), length: end.readUInt32LE(12), start: end.readUInt32LE(16) };
  if (small.start !== WIDE && small.length !== WIDE && small.count !== 0xffff) return small;
  const locator = at(size - 22 - 20, 20);
  assert.equal(locator.readUInt32LE(0), 0x07064b50, 'the locator of ZIP64');
  const end64 = at(Number(locator.readBigUInt64LE(8)), 56);
  assert.equal(end64.readUInt32LE(0), 0x06064b50, 'the end of ZIP64');
  const [count, length, start] = [32, 40, 48].map((field) => Number(end64.readBigUInt64LE(field)));
  return { count, length, start };
}

/** The numbers of these fields of an entry; those that do not fit are in its extra field, in this order. */
function wide(entry, fields, extra) {
  let next = 4;
  return fields.map((field) => {
    const value = entry.readUInt32LE(field);
    if (value !== WIDE) return value;
    assert.equal(extra.readUInt16LE(0), 1, 'the extra field of ZIP64');
    next += 8;
    return Number(extra.readBigUInt64LE(next - 8));
  });
}

/** The hash of a file in the archive, whose local header is there. */
function check(at, name, local, size, sum) {
  const header = at(local, 30);
  assert.equal(header.readUInt32LE(0), 0x04034b50, `the header of ${name}`);
  const start = local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const hash = crypto.createHash('sha256');
  let crc = 0;
  for (let done = 0; done < size; done += PIECE) {
    const piece = at(start + done, Math.min(PIECE, size - done));
    hash.update(piece);
    crc = zlib.crc32(piece, crc);
  }
  const descriptor = at(start + size, 8);
  assert.deepEqual([crc, descriptor.readUInt32LE(4)], [sum, sum], `the sums of ${name}`);
  return hash.digest('hex');
}
