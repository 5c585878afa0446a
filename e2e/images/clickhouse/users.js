'use strict';
// Who may ask: the user of the image's variables, and those of the files in users.d, with
// plain passwords, written there or taken from the environment. What else such a file says
// (networks, profiles, quotas) is not looked at here.
const fs = require('node:fs');
const path = require('node:path');

function load(folder, env) {
  const users = {};
  if (env.CLICKHOUSE_SKIP_USER_SETUP !== '1') {
    users[env.CLICKHOUSE_USER || 'default'] = env.CLICKHOUSE_PASSWORD || '';
  }
  const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  for (const file of files.filter((name) => name.endsWith('.xml'))) {
    Object.assign(users, parse(fs.readFileSync(path.join(folder, file), 'utf8'), env));
  }
  return users;
}

function parse(xml, env) {
  const section = /<users>([\s\S]*)<\/users>/.exec(xml.replace(/<!--[\s\S]*?-->/g, ''));
  const users = {};
  for (const [, name, body] of section?.[1].matchAll(/<(\w+)>([\s\S]*?)<\/\1>/g) ?? []) {
    const password = /<password(?:\s+from_env="(\w+)"\s*\/>|>(.*?)<\/password>)/.exec(body);
    if (password) users[name] = password[1] ? env[password[1]] ?? '' : password[2];
  }
  return users;
}

module.exports = { load };
