'use strict';
// ClickHouse's compressed blocks, as the parameters compress=1 and decompress=1 ask for:
// a checksum of 16 bytes, a byte for the method, the two sizes, the data.
const NONE = 0x02;
const LZ4 = 0x82;
const CHECKSUM = 16;
const HEADER = 9;
// With blocks this small the checksum is CityHash's form for short strings.
const LARGEST_BLOCK = 64;

// decode answers what the blocks hold. The checksum is not looked at: the bytes came over
// TCP, and a wrong block would not decode to the size that it claims.
function decode(input) {
  const parts = [];
  for (let at = 0; at < input.length;) {
    if (input.length - at < CHECKSUM + HEADER) throw new Error('a compressed block ends early');
    const header = input.subarray(at + CHECKSUM, at + CHECKSUM + HEADER);
    const end = at + CHECKSUM + header.readUInt32LE(1);
    const size = header.readUInt32LE(5);
    const data = input.subarray(at + CHECKSUM + HEADER, end);
    if (end > input.length || end <= at) throw new Error('a compressed block ends early');
    if (header[0] === NONE) parts.push(data);
    else if (header[0] === LZ4) parts.push(decodeLZ4(data, size));
    else throw new Error(`compression method ${header[0]} is not known here`);
    at = end;
  }
  return Buffer.concat(parts);
}

function decodeLZ4(input, size) {
  const out = Buffer.alloc(size);
  let from = 0;
  let to = 0;
  const length = (start) => {
    let total = start;
    if (start === 15) {
      let more;
      do { more = input[from++]; total += more; } while (more === 255);
    }
    return total;
  };
  while (from < input.length) {
    const token = input[from++];
    const literals = length(token >> 4);
    input.copy(out, to, from, from + literals);
    from += literals;
    to += literals;
    if (from >= input.length) break; // the last sequence has no match
    const distance = input.readUInt16LE(from);
    from += 2;
    // A match may overlap what it writes, so it goes byte by byte.
    for (let n = length(token & 15) + 4; n > 0; n--, to++) out[to] = out[to - distance];
  }
  if (to !== size) throw new Error(`a block decoded to ${to} bytes and claims ${size}`);
  return out;
}

// encode wraps bytes in blocks without compressing them.
function encode(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += LARGEST_BLOCK) {
    const data = bytes.subarray(at, at + LARGEST_BLOCK);
    const block = Buffer.alloc(HEADER + data.length);
    block[0] = NONE;
    block.writeUInt32LE(block.length, 1);
    block.writeUInt32LE(data.length, 5);
    data.copy(block, HEADER);
    parts.push(cityHash128(block), block);
  }
  return Buffer.concat(parts);
}

// CityHash128 as of CityHash 1.0.2, which ClickHouse has kept, for 9 to 143 bytes.
const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const MUL = 0x9ddfea08eb382d69n;
const u64 = (x) => BigInt.asUintN(64, x);
const mix = (x) => x ^ (x >> 47n);
const word = (b, at) => b.readBigUInt64LE(at);

function hash16(u, v) {
  const a = mix(u64((u ^ v) * MUL));
  return u64(mix(u64((v ^ a) * MUL)) * MUL);
}

function rotate(x, by) {
  return u64((x >> BigInt(by)) | (x << BigInt(64 - by)));
}

function hashUpTo16(b) {
  const n = b.length;
  if (n > 8) {
    const last = word(b, n - 8);
    return hash16(word(b, 0), rotate(u64(last + BigInt(n)), n)) ^ last;
  }
  if (n >= 4) return hash16(BigInt(n) + (BigInt(b.readUInt32LE(0)) << 3n), BigInt(b.readUInt32LE(n - 4)));
  if (n === 0) return K2;
  const y = BigInt(b[0] + (b[n >> 1] << 8));
  const z = BigInt(n + (b[n - 1] << 2));
  return u64(mix(u64(u64(y * K2) ^ u64(z * K3))) * K2);
}

function murmur(bytes, low, high) {
  let [a, b, c, d] = [low, high, 0n, 0n];
  const n = bytes.length;
  if (n <= 16) {
    a = u64(mix(u64(a * K1)) * K1);
    c = u64(b * K1 + hashUpTo16(bytes));
    d = mix(u64(a + (n >= 8 ? word(bytes, 0) : c)));
  } else {
    c = hash16(u64(word(bytes, n - 8) + K1), a);
    d = hash16(u64(b + BigInt(n)), u64(c + word(bytes, n - 16)));
    a = u64(a + d);
    // Of the last 16 bytes only those that begin a whole step are gone through again.
    for (let at = 0, left = n - 16; left > 0 && at + 16 <= n; at += 16, left -= 16) {
      a = u64((a ^ u64(mix(u64(word(bytes, at) * K1)) * K1)) * K1);
      b ^= a;
      c = u64((c ^ u64(mix(u64(word(bytes, at + 8) * K1)) * K1)) * K1);
      d ^= c;
    }
  }
  a = hash16(a, c);
  b = hash16(d, b);
  return [a ^ b, hash16(b, a)];
}

function cityHash128(bytes) {
  const n = bytes.length;
  const [low, high] = n >= 16
    ? murmur(bytes.subarray(16), word(bytes, 0) ^ K3, word(bytes, 8))
    : murmur(bytes.subarray(n), word(bytes, 0) ^ u64(BigInt(n) * K0), word(bytes, n - 8) ^ K1);
  const out = Buffer.alloc(16);
  out.writeBigUInt64LE(low, 0);
  out.writeBigUInt64LE(high, 8);
  return out;
}

module.exports = { decode, encode };
