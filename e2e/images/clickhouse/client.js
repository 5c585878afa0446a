#!/usr/bin/env node
'use strict';
// clickhouse-client, as far as the stack calls it: --host, --user, --query with several
// statements, CLICKHOUSE_PASSWORD; over HTTP, and out with an error at the first one.
const { parseArgs } = require('node:util');
const { split } = require('./statements');

async function main() {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: 'localhost' },
      user: { type: 'string', default: process.env.CLICKHOUSE_USER || 'default' },
      password: { type: 'string', default: process.env.CLICKHOUSE_PASSWORD || '' },
      query: { type: 'string' },
    },
  });
  for (const sql of split(values.query)) {
    const response = await fetch(`http://${values.host}:8123/`, {
      method: 'POST',
      body: sql,
      headers: { 'X-ClickHouse-User': values.user, 'X-ClickHouse-Key': values.password },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${text.trim()}\n(query: ${sql})`);
    process.stdout.write(text);
  }
}

main().catch((err) => {
  console.error(err.message);
  process.exit(1);
});
