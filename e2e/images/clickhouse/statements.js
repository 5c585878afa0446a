'use strict';

// split takes a script apart at its semicolons, those in quotes left alone, without comments.
function split(script) {
  const found = [];
  let current = '';
  for (const [token] of script.matchAll(/'(?:[^'\\]|\\.)*'|--[^\n]*|[^';-]+|[\s\S]/g)) {
    if (token === ';') {
      found.push(current);
      current = '';
    } else if (!token.startsWith('--')) {
      current += token;
    }
  }
  return [...found, current].map((sql) => sql.trim()).filter(Boolean);
}

module.exports = { split };
