import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "../../sdk/schema.d.ts";

// Places an order through the gateway with openapi-fetch and the types that `npm run openapi`
// generates.

const client = createClient<paths>({
  baseUrl: process.env["GATEWAY"] ?? "",
  headers: { apikey: "brokerx-key-123", authorization: `Bearer ${process.env["TOKEN"]}` },
});

const order = (quantity: number) => ({
  order: {
    ...{ symbol: "AAPL", quantity, price: "101.00" },
    ...({ direction: "buy", order_type: "limit" } as const),
  },
});

const placed = await client.POST("/api/v1/orders", { body: order(1) });
assert.ok(placed.data !== undefined, JSON.stringify(placed.error));
const id = placed.data.order_id;
const read = await client.GET("/api/v1/orders/{id}", { params: { path: { id } } });
assert.equal(read.data?.self_trade_prevention, "expire_taker");
const refused = await client.POST("/api/v1/orders", { body: order(1_000_000) });
assert.ok(refused.error !== undefined && "code" in refused.error);
assert.equal(refused.error.code, "quantity_limit");
console.log(id);
