/** CRC-32 as ZIP has it (ISO 3309), of bytes that come in pieces. */

/** table[k][b]: what the byte b does to the sum k bytes later. */
const table = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  table[0][n] = c;
}
for (let n = 0; n < 256; n++) {
  for (let k = 1; k < 4; k++) {
    const c = table[k - 1]![n]!;
    table[k]![n] = (c >>> 8) ^ table[0][c & 255]!;
  }
}

/** The sum of all bytes so far, given that of those before (0 at first). Four bytes at a time. */
export function crc32(sum: number, bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = table;
  let c = ~sum;
  let i = 0;
  for (const end = bytes.length - 3; i < end; i += 4) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c = t3[c & 255]! ^ t2[(c >>> 8) & 255]! ^ t1[(c >>> 16) & 255]! ^ t0[c >>> 24]!;
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ t0[(c ^ bytes[i]!) & 255]!;
  return ~c >>> 0;
}
