'use strict';
// What a request to ClickHouse's HTTP interface asks for.
const zlib = require('node:zlib');
const { decode } = require('./compressed');

// Parameters that are for the interface and no settings of the engine.
const NOT_SETTINGS = new Set([
  'query', 'database', 'default_format', 'compress', 'decompress', 'user', 'password', 'quota_key',
  'query_id', 'session_id', 'session_timeout', 'client_protocol_version', 'wait_end_of_query',
  'buffer_size', 'send_progress_in_http_headers',
]);

async function parse(request) {
  const url = new URL(request.url, 'http://front');
  const params = Object.fromEntries(url.searchParams);
  let body = inflate(await read(request), request.headers['content-encoding']);
  if (params.decompress === '1') body = decode(body);
  return {
    path: url.pathname,
    params,
    credentials: credentials(request, params),
    statement: statement(params.query, body),
    options: {
      database: params.database || request.headers['x-clickhouse-database'] || 'default',
      format: params.default_format || request.headers['x-clickhouse-format'] || 'TabSeparated',
      settings: Object.fromEntries(Object.entries(params)
        .filter(([name]) => !NOT_SETTINGS.has(name) && !name.startsWith('param_'))),
    },
  };
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function inflate(body, encoding) {
  switch (encoding) {
    case undefined: case '': case 'identity': return body;
    case 'gzip': return zlib.gunzipSync(body);
    case 'deflate': return zlib.inflateSync(body);
    case 'br': return zlib.brotliDecompressSync(body);
    default: throw new Error(`Content-Encoding ${encoding} is not known here`);
  }
}

function credentials(request, params) {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization || '');
  if (basic) {
    const [user, ...password] = Buffer.from(basic[1], 'base64').toString().split(':');
    return { user, password: password.join(':') };
  }
  return {
    user: request.headers['x-clickhouse-user'] || params.user || 'default',
    password: request.headers['x-clickhouse-key'] || params.password || '',
  };
}

// statement tells an INSERT whose rows are the body from a statement that is all text.
function statement(query, body) {
  if (query === undefined) return { sql: body.toString() };
  const insert = /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?(.+?)\s+FORMAT\s+(\w+)\s*;?\s*$/is.exec(query);
  if (insert && body.length > 0) return { target: insert[1], format: insert[2], rows: body };
  return { sql: body.length > 0 ? `${query}\n${body}` : query };
}

module.exports = { parse };
