// A small service that is watched by OpenTelemetry's auto-instrumentation for
// Node.js. Nothing here knows of it: the same file runs with and without.
//
// It takes orders at /order and asks a second service for the price, which by
// default is its own /price. Both calls are in one trace.
"use strict";

const http = require("node:http");
const pino = require("pino");

const log = pino(pino.destination({ sync: true }));
const prices = { tea: 3, coffee: 4, cake: 5 };
const [host, port] = (process.env.LISTEN || "127.0.0.1:8082").split(":");
let priceURL = process.env.PRICE_URL;

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const item = url.searchParams.get("item") || "";
  try {
    if (request.method !== "GET") {
      reply(response, 405, { error: "GET alone is served" });
    } else if (url.pathname === "/order") {
      reply(response, 200, { item, price: await ask(item) });
      log.info({ item }, "order taken");
    } else if (url.pathname !== "/price") {
      reply(response, 404, { error: "no such page" });
    } else if (!Object.hasOwn(prices, item)) {
      reply(response, 404, { error: "no such item" });
    } else {
      log.info({ item }, "price asked");
      reply(response, 200, { item, price: prices[item] });
    }
  } catch (error) {
    log.error({ item, reason: error.message }, "no price");
    reply(response, 502, { error: "no price for it" });
  }
});

async function ask(item) {
  const answer = await fetch(`${priceURL}?item=${encodeURIComponent(item)}`);
  if (!answer.ok) {
    throw new Error(`the price service answered ${answer.status}`);
  }
  return (await answer.json()).price;
}

function reply(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body) + "\n");
}

server.listen(Number(port), host, () => {
  const { address, port } = server.address();
  priceURL = priceURL || `http://${address}:${port}/price`;
  log.info(`listening on ${address}:${port}`);
});

// The instrumentation sends what it has left when it sees SIGTERM; the program ends
// by itself once nothing is open any more.
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => server.close());
}
