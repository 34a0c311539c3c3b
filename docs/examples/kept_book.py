"""Keeps the order book of one symbol equal to the server's, over the market feed.

Needs `websockets`: python3 -m pip install -r docs/examples/requirements.txt
"""

import json
import random
import threading
import time
import zlib
from decimal import Decimal

from websockets.sync.client import connect

SILENCE_SECONDS = 8  # the server sends a ping every three seconds


class KeptBook:
    """`levels` is {"bids": {price: quantity}, "asks": …}, best first; None while it is not verified."""

    def __init__(self, url, read_key, symbol, log=print):
        self.url, self.read_key, self.log = url, read_key, log
        self.levels, self.seq = None, 0
        self.is_confirmed = False  # what comes before the confirmation belongs to an earlier subscription
        identifier = json.dumps({"channel": "MarketChannel", "symbols": [symbol]})
        self.command = json.dumps({"command": "subscribe", "identifier": identifier})
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        """Connects again whenever the connection is lost, after growing pauses."""
        failures = 0
        while True:
            try:
                for message in self.messages():
                    failures = 0
                    self.receive(message)
            except Exception as error:  # for any reason: a book that is not followed is not verified
                self.levels = None
                self.log(f"feed lost: {error}")
                time.sleep(min(30, 2**failures) * random.uniform(1, 1.5))
                failures += 1

    def messages(self):
        """Subscribes, and yields the messages of the channel until the connection is lost."""
        headers = {"authorization": f"Bearer {self.read_key()}"}
        with connect(self.url, additional_headers=headers, proxy=None,
                     subprotocols=["actioncable-v1-json"]) as self.socket:
            while True:
                frame = json.loads(self.socket.recv(timeout=SILENCE_SECONDS))
                if frame.get("type") == "welcome":
                    self.log("feed open")
                    self.subscribe()
                elif frame.get("type") == "disconnect":
                    raise ConnectionError(frame["reason"])
                elif frame.get("type") == "confirm_subscription":
                    self.is_confirmed = True
                elif self.is_confirmed and "message" in frame and "identifier" in frame:
                    yield frame["message"]

    def subscribe(self):
        self.is_confirmed = False
        self.socket.send(self.command)

    def receive(self, message):
        """Applies a message, and subscribes again when the result is not the server's book."""
        if message["type"] == "orderbook" and (self.levels is None or message["seq"] > self.seq):
            levels, self.seq = {"bids": {}, "asks": {}}, message["seq"]
        elif message["type"] == "depth" and self.levels and message["last_seq"] > self.seq:
            if message["first_seq"] > self.seq + 1:
                return self.start_again("a change is missing")
            levels, self.seq = self.levels, message["last_seq"]
        else:
            return
        levels = {side: changed(levels[side], message[side], side) for side in levels}
        if checksum(levels) != message["checksum"]:
            return self.start_again("the checksum differs")
        self.levels = levels

    def start_again(self, reason):
        self.log(f"book: {reason}, subscribing again")
        self.levels = None
        self.subscribe()


def changed(levels, changes, side):
    """Sets each price to its quantity and sorts the side, best price first; 0 removes the price."""
    after = {**levels, **dict(changes)}
    prices = sorted((price for price in after if after[price] > 0), key=Decimal)
    return {price: after[price] for price in (reversed(prices) if side == "bids" else prices)}


def checksum(levels):
    """The CRC-32 of the ten best levels of each side."""
    best = (list(levels[side].items())[:10] for side in ("bids", "asks"))
    text = "|".join(",".join(f"{price}:{quantity}" for price, quantity in side) for side in best)
    return zlib.crc32(text.encode())
