import assert from "node:assert/strict";
import { test } from "node:test";
import { scrub } from "./logger.ts";

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

test("a token is redacted wherever it is in a line, and the rest stays", () => {
  const line = JSON.stringify({
    err: { message: `GET /cable?x=1&token=${TOKEN}&y=2 failed`, stack: `Error: Bearer ${TOKEN}` },
    url: "/cable?ticket=q1w2e3-_R4",
    other: "/cable?mytoken=kept&symbol=AAPL",
  });
  assert.deepEqual(JSON.parse(scrub(line)), {
    err: {
      message: "GET /cable?x=1&token=[redacted]&y=2 failed",
      stack: "Error: Bearer [redacted]",
    },
    url: "/cable?ticket=[redacted]",
    other: "/cable?mytoken=kept&symbol=AAPL",
  });
});

test("a line stays valid JSON, whatever follows the secret", () => {
  for (const secret of ["abc", TOKEN, "a%20b", "eyJ.."])
    for (const rest of ['"', "\\", "\n", "&", " ", "'"])
      JSON.parse(scrub(JSON.stringify({ url: `/cable?token=${secret}${rest}` })));
});
