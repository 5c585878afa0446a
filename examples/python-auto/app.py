"""A small service that OpenTelemetry's auto-instrumentation for Python watches.

Nothing here knows of it: the same file runs with and without. It takes orders at
/order and asks a second service for the price, which by default is its own /price.
"""

import logging
import os

import requests
from flask import Flask, abort, request

PRICES = {"tea": 3, "coffee": 4, "cake": 5}
HOST, PORT = os.environ.get("LISTEN", "127.0.0.1:8083").rsplit(":", 1)
PRICE_URL = os.environ.get("PRICE_URL", f"http://{HOST}:{PORT}/price")

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("shop")
app = Flask(__name__)


@app.get("/order")
def order():
    item = request.args.get("item", "")
    try:
        answer = requests.get(PRICE_URL, params={"item": item}, timeout=5)
        answer.raise_for_status()
        price = answer.json()["price"]
    except requests.RequestException as error:
        log.error("no price for %s: %s", item, error)
        abort(502)
    log.info("order taken: %s", item)
    return {"item": item, "price": price}


@app.get("/price")
def price():
    item = request.args.get("item", "")
    if item not in PRICES:
        abort(404)
    log.info("price asked: %s", item)
    return {"item": item, "price": PRICES[item]}


if __name__ == "__main__":
    # Flask's reloader starts a second process, which would not be instrumented.
    app.run(host=HOST, port=int(PORT), use_reloader=False)
