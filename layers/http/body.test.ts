import assert from "node:assert/strict";
import { test } from "node:test";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { readJsonBody } from "./body.ts";
import { Problem } from "./problem.ts";

const JSON_TYPE = { "content-type": "application/json" };

test("a request without a body is refused, however the event leaves it out", () => {
  for (const body of [undefined, null, ""]) {
    const event = { headers: JSON_TYPE, isBase64Encoded: false, body };
    assert.throws(
      () => readJsonBody(event as unknown as APIGatewayProxyEventV2),
      (error) => error instanceof Problem && error.code === "malformed_json",
    );
  }
});
