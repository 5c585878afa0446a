'use strict';
// The engine: ClickHouse itself, in this process, with its data directory and its
// configuration files (config.xml and config.d beside it, merged by ClickHouse).
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Session } = require('chdb');

class Engine {
  #dataDir;
  #args;
  #main;
  #inserts = 0;
  #last = Promise.resolve();

  constructor(dataDir, configFile) {
    this.#dataDir = dataDir;
    // Here the engine would tell every step; what fails, the server tells.
    this.#args = ['--log-level=none', ...(configFile ? [`--config-file=${configFile}`] : [])];
    // Holds the data directory open between the requests' own sessions.
    this.#main = new Session(dataDir, { connectionArgs: this.#args });
    this.spool = fs.mkdtempSync(path.join(os.tmpdir(), 'inserts-'));
  }

  // run answers one statement's bytes. Each statement has a session of its own, so that
  // a database or a setting of one request is none of another's. They take turns.
  run(sql, { database = 'default', settings = {}, format = 'TabSeparated' } = {}) {
    const turn = this.#last.then(() => this.#run(sql, database, settings, format));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #run(sql, database, settings, format) {
    const session = new Session(this.#dataDir, { connectionArgs: this.#args });
    try {
      await session.queryAsync(`USE ${identifier(database)}`);
      for (const [name, value] of Object.entries(settings)) {
        await session.queryAsync(`SET ${identifier(name)} = ${literal(value)}`);
      }
      const result = await session.queryAsync(sql, { format });
      return Buffer.from(result.bytes());
    } finally {
      session.close();
    }
  }

  // insert gives the engine a body in the format that the statement named, through a file.
  async insert(target, format, body, options) {
    const file = path.join(this.spool, `${++this.#inserts}`);
    fs.writeFileSync(file, body);
    try {
      const source = `file(${literal(file)}, ${literal(format)})`;
      return await this.run(`INSERT INTO ${target} SELECT * FROM ${source}`, options);
    } finally {
      fs.rmSync(file);
    }
  }

  // close lets the engine finish what it writes.
  async close() {
    await this.#last;
    this.#main.close();
  }
}

function identifier(name) {
  return '`' + name.replace(/[\\`]/g, '\\$&') + '`';
}

function literal(value) {
  return "'" + String(value).replace(/[\\']/g, '\\$&') + "'";
}

module.exports = { Engine };
