"""Places one order through the gateway with the client that openapi-python-client generates."""

import os

from brokerx_client import AuthenticatedClient
from brokerx_client.api.orders import get_order, place_order
from brokerx_client.models import Order, OrderRequest, PlacedOrder, PlaceOrderBody, Problem
from brokerx_client.models.order_request_direction import OrderRequestDirection
from brokerx_client.models.order_request_order_type import OrderRequestOrderType

client = AuthenticatedClient(
    base_url=os.environ["GATEWAY"],
    token=os.environ["TOKEN"],
    headers={"apikey": "brokerx-key-123"},
)


def order(quantity: int) -> PlaceOrderBody:
    return PlaceOrderBody(
        order=OrderRequest(
            symbol="AAPL",
            direction=OrderRequestDirection.BUY,
            order_type=OrderRequestOrderType.LIMIT,
            quantity=quantity,
            price="101.00",
        )
    )


placed = place_order.sync(client=client, body=order(1))
assert isinstance(placed, PlacedOrder), placed
read = get_order.sync(id=placed.order_id, client=client)
assert isinstance(read, Order) and read.self_trade_prevention.value == "expire_taker", read
refused = place_order.sync(client=client, body=order(1_000_000))
assert isinstance(refused, Problem) and refused.code.value == "quantity_limit", refused
print(placed.order_id)
