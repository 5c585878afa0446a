'use strict';
// A server with ClickHouse's HTTP interface (port 8123), as much of it as the stack, the
// collector's ClickHouse exporter and the tests use, over ClickHouse's own engine. It takes
// the official image's variables and folders: CLICKHOUSE_USER, CLICKHOUSE_PASSWORD,
// CLICKHOUSE_DB, CLICKHOUSE_SKIP_USER_SETUP, /etc/clickhouse-server with config.d and
// users.d, /docker-entrypoint-initdb.d.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Engine } = require('./engine');
const { encode } = require('./compressed');
const { forRevision } = require('./native');
const { parse } = require('./request');
const { split } = require('./statements');
const users = require('./users');

const env = process.env;
const PORT = Number(env.FRONT_PORT || 8123);
const DATA = env.FRONT_DATA || '/var/lib/clickhouse';
const CONFIG = env.FRONT_CONFIG ?? '/etc/clickhouse-server/config.xml';
const INIT = env.FRONT_INIT ?? '/docker-entrypoint-initdb.d';
const USERS = users.load(path.join(path.dirname(CONFIG), 'users.d'), env);
// The codes of errors that ClickHouse answers with another status than 500.
const STATUS = { 36: 400, 60: 404, 62: 400, 81: 404, 115: 400, 497: 403, 516: 403 };

async function main() {
  const engine = new Engine(DATA, CONFIG);
  await initialize(engine);
  const server = http.createServer((request, response) => {
    answer(engine, request, response).catch((err) => {
      console.error(err);
      response.destroy();
    });
  });
  server.listen(PORT, () => console.log(`listening on ${PORT}, data in ${DATA}`));
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, async () => {
      server.close();
      await engine.close();
      process.exit(0);
    });
  }
}

// initialize does what the official image's entrypoint does with an empty data directory.
async function initialize(engine) {
  const done = path.join(DATA, 'initialized-by-front');
  if (fs.existsSync(done)) return;
  if (env.CLICKHOUSE_DB) await engine.run(`CREATE DATABASE IF NOT EXISTS \`${env.CLICKHOUSE_DB}\``);
  const files = fs.existsSync(INIT) ? fs.readdirSync(INIT).sort() : [];
  for (const file of files.filter((name) => name.endsWith('.sql'))) {
    const text = fs.readFileSync(path.join(INIT, file), 'utf8');
    for (const sql of split(text)) await engine.run(sql, { database: env.CLICKHOUSE_DB || 'default' });
  }
  fs.writeFileSync(done, '');
}

async function answer(engine, request, response) {
  let asked;
  try {
    asked = await parse(request);
    if (['/ping', '/replicas_status'].includes(asked.path) || (asked.path === '/' && isPing(asked))) {
      response.end('Ok.\n');
      return;
    }
    check(asked.credentials);
    const bytes = await execute(engine, asked);
    send(response, asked, 200, bytes);
  } catch (err) {
    const code = Number(/Code: (\d+)/.exec(err.message)?.[1] || 1002);
    console.error(`${asked?.statement.sql || asked?.statement.target || request.url}: ${err.message}`);
    response.setHeader('X-ClickHouse-Exception-Code', code);
    send(response, asked, STATUS[code] || 500, Buffer.from(`${err.message}\n`));
  }
}

function isPing(asked) {
  return asked.statement.sql === '' && asked.params.query === undefined;
}

function check({ user, password }) {
  if (!Object.hasOwn(USERS, user) || USERS[user] !== password) {
    throw new Error(`Code: 516. DB::Exception: ${user}: Authentication failed: password is incorrect, `
      + 'or there is no user with such name. (AUTHENTICATION_FAILED)');
  }
}

async function execute(engine, { statement, options, params }) {
  if (statement.rows) return engine.insert(statement.target, statement.format, statement.rows, options);
  const format = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(statement.sql)?.[1] || options.format;
  const bytes = await engine.run(statement.sql, options);
  return format === 'Native' ? forRevision(bytes, Number(params.client_protocol_version || 0)) : bytes;
}

function send(response, asked, status, bytes) {
  const body = asked?.params.compress === '1' ? encode(bytes) : bytes;
  response.writeHead(status, {
    'X-ClickHouse-Server-Display-Name': 'front',
    'X-ClickHouse-Format': asked?.options.format || 'TabSeparated',
    'X-ClickHouse-Query-Id': asked?.params.query_id || '',
    'Content-Length': body.length,
  });
  response.end(body);
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
