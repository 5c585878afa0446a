'use strict';
// Format Native says more the newer the client: a client that names its protocol version
// expects information about the block before it and a byte with every column. The engine
// writes the oldest form (as for files), so the newer one is made of it here.
const WITH_CUSTOM_SERIALIZATION = 54454;
const BLOCK_INFO = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);
const WIDTHS = {
  Bool: 1, UInt8: 1, Int8: 1, UInt16: 2, Int16: 2, Date: 2, UInt32: 4, Int32: 4, Float32: 4,
  DateTime: 4, UInt64: 8, Int64: 8, Float64: 8, UUID: 16,
};

// forRevision rewrites blocks for a client of that protocol version.
function forRevision(bytes, revision) {
  if (!revision) return bytes;
  const reader = { bytes, at: 0 };
  const parts = [];
  while (reader.at < bytes.length) {
    parts.push(BLOCK_INFO, block(reader, revision));
  }
  return Buffer.concat(parts);
}

function block(reader, revision) {
  const parts = [];
  let from = reader.at;
  const columns = varint(reader);
  const rows = varint(reader);
  for (let i = 0; i < columns; i++) {
    string(reader);
    const type = string(reader);
    parts.push(reader.bytes.subarray(from, reader.at));
    if (revision >= WITH_CUSTOM_SERIALIZATION) parts.push(Buffer.from([0]));
    from = reader.at;
    skip(reader, type, rows);
  }
  parts.push(reader.bytes.subarray(from, reader.at));
  return Buffer.concat(parts);
}

function skip(reader, type, rows) {
  const nullable = /^Nullable\((.+)\)$/.exec(type);
  if (nullable) {
    reader.at += rows;
    type = nullable[1];
  }
  const width = WIDTHS[type.replace(/^DateTime\(.*/, 'DateTime').replace(/^DateTime64\(.*/, 'Int64')];
  if (width) {
    reader.at += width * rows;
  } else if (type === 'String') {
    for (let i = 0; i < rows; i++) string(reader);
  } else {
    throw new Error(`columns of type ${type} cannot be written for newer clients here; ask for another format`);
  }
}

function varint(reader) {
  let value = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = reader.bytes[reader.at++];
    value += (byte & 127) * shift;
    if (byte < 128) return value;
  }
}

function string(reader) {
  const length = varint(reader);
  reader.at += length;
  return reader.bytes.toString('utf8', reader.at - length, reader.at);
}

module.exports = { forRevision };
