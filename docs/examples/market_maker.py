"""A market maker: keeps a buy order below the middle of the market and a sell order above it.

    BROKERX_KEY_FILE=bob.key python3 docs/examples/market_maker.py

The file has an API key with the scopes read and trade. Every open order of its account in the symbol
belongs to this program: it moves the orders, and it cancels them when it ends.
"""

import json
import os
import signal
import sys
import threading
import time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from kept_book import KeptBook

URL = os.environ.get("BROKERX_URL", "http://127.0.0.1:8080")
FEED_URL = os.environ.get("BROKERX_FEED_URL", URL.replace("http", "ws", 1) + "/cable")
KEY_FILE = os.environ.get("BROKERX_KEY_FILE", "brokerx.key")
SYMBOL = os.environ.get("SYMBOL", "AAPL")
QUANTITY = 10
FOLLOWED_QUANTITY = 50  # one small order must not move both quotes
HALF_SPREAD = Decimal("0.03")
TICK = Decimal("0.01")
PAUSE_SECONDS = 0.5
CANCEL_TRIES = 20  # when the program ends


def log(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


def read_key():
    """The file is read for every request, so that a new key in it is used at once."""
    with open(KEY_FILE, encoding="utf8") as file:
        return file.read().strip()


def call(method, path, body=None):
    """Sends a request. An answer that is not 2xx is an HTTPError."""
    headers = {"apikey": "brokerx-key-123", "authorization": f"Bearer {read_key()}"}
    if body is not None:
        headers["content-type"] = "application/json"
        body = json.dumps(body).encode()
    with urlopen(Request(f"{URL}/api/v1{path}", body, headers, method=method), timeout=10) as response:
        return json.load(response)


def open_orders():
    return call("GET", f"/orders?status=open&symbol={SYMBOL}&limit=500")["orders"]


def best_of_others(levels, own):
    """The best price at which other clients have enough shares."""
    for price, quantity in levels.items():
        quantity -= sum(order["open_quantity"] for order in own if order["price"] == price)
        if quantity >= FOLLOWED_QUANTITY:
            return Decimal(price)
    return None


def target_prices(levels, own):
    """Where the two quotes belong; None when there is no market to follow."""
    bid = levels and best_of_others(levels["bids"], own)
    ask = levels and best_of_others(levels["asks"], own)
    if not bid or not ask:
        return None
    middle = (bid + ask) / 2
    return {
        "buy": (middle - HALF_SPREAD).quantize(TICK, ROUND_FLOOR),
        "sell": (middle + HALF_SPREAD).quantize(TICK, ROUND_CEILING),
    }


def quote(side, price, order):
    """Brings a side to its price. Returns whether the matcher has decided."""
    if order is None:
        log(f"{side} {price}")
        terms = {"symbol": SYMBOL, "direction": side, "order_type": "limit", "post_only": True,
                 "quantity": QUANTITY, "price": str(price)}
        call("POST", "/orders", {"order": terms})
        return True
    if Decimal(order["price"]) == price:
        return order["pending_action"] is None
    log(f"{side} {order['price']} -> {price}")
    terms = {"client_version": order["lock_version"], "price": str(price),
             "quantity": order["filled_quantity"] + QUANTITY}
    try:
        replaced = call("POST", f"/orders/{order['order_id']}/replace", {"order": terms})
        return replaced["pending_action"] is None
    except HTTPError as error:
        if error.code != 422:
            raise
        # The new terms were refused. No quote is better than one at an old price.
        call("DELETE", f"/orders/{order['order_id']}")
        return False


def requote(book):
    """One round: reads the open orders and brings them to where they belong."""
    orders = open_orders()
    target = target_prices(book.levels, orders)
    if target is None:
        return cancel_all()
    quotes = {side: next((o for o in orders if o["direction"] == side), None) for side in target}
    for order in orders:
        if order not in quotes.values():
            call("DELETE", f"/orders/{order['order_id']}")
    # When the buy moves up past the old sell, the sell goes first: the two must never cross.
    sell = quotes["sell"]
    sell_first = sell is not None and target["buy"] >= Decimal(sell["price"])
    first, second = ("sell", "buy") if sell_first else ("buy", "sell")
    if quote(first, target[first], quotes[first]):
        quote(second, target[second], quotes[second])


def cancel_all():
    while open_orders():
        log("cancel all")
        call("DELETE", f"/orders?symbol={SYMBOL}")


def attempt(step, wait):
    """Runs a step. After an error it says why, and waits as long as the answer asks for."""
    try:
        step()
        return True
    except HTTPError as error:
        log(f"{error.code} {error.read().decode(errors='replace')[:200]}")
        wait(float(error.headers.get("retry-after") or 1))
    except OSError as error:
        log(f"no answer: {error}")
        wait(1)
    return False


stopping = threading.Event()


def stop(name, _frame):
    """Ends the loop. A second signal ends the program immediately."""
    stopping.set()
    signal.signal(name, signal.SIG_DFL)


for name in (signal.SIGINT, signal.SIGTERM):
    signal.signal(name, stop)
try:
    read_key()
except OSError as error:
    sys.exit(f"The API key cannot be read ({error}). Set BROKERX_KEY_FILE to the file that contains it.")
book = KeptBook(FEED_URL, read_key, SYMBOL, log)

while not stopping.is_set():
    if attempt(lambda: requote(book), stopping.wait):
        stopping.wait(PAUSE_SECONDS)

for tries in range(1, CANCEL_TRIES + 1):
    if attempt(cancel_all, time.sleep):
        break
    if tries == CANCEL_TRIES:
        log("the orders could not be cancelled: look for open orders on the page")
        sys.exit(1)
    log("open orders are not cancelled yet: trying again")
log("stopped, no order is open")
