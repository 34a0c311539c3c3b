import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { PROVOCATIONS } from "./problems/provocations.ts";
import { routes } from "./problems/requests.ts";

// Every code of docs/problems.md is provoked here, and no route lists a code that the page does not.

type Listed = { readonly status: number; readonly code: string };

const listed = async (): Promise<readonly Listed[]> => {
  const page = await readFile("docs/problems.md", "utf8");
  return [...page.matchAll(/^\| (\d{3}) \| `([a-z_]+)` \|/gm)].map(([, status, code = ""]) => ({
    status: Number(status),
    code,
  }));
};

test("the page lists exactly the problems that are provoked here", async () => {
  const codes = (await listed()).map(({ code }) => code);
  assert.deepEqual([...codes].sort(), Object.keys(PROVOCATIONS).sort());
});

test("no route lists a problem that the page does not list", async () => {
  const codes = new Set((await listed()).map(({ code }) => code));
  const promised = Object.values(routes).flatMap(({ contract }) => contract.problems);
  assert.ok(promised.length > 20);
  assert.deepEqual(
    promised.filter((code) => !codes.has(code)),
    [],
  );
});

test("every problem has its status and its code, and reveals nothing internal", async () => {
  for (const { status, code } of await listed()) {
    const reply = await PROVOCATIONS[code]?.();
    assert.ok(reply !== undefined, code);
    assert.equal(reply.json()["code"], code, reply.text);
    assert.equal(reply.status, status, code);
    assert.equal(reply.headers["content-type"], "application/problem+json", code);
    assert.equal(reply.json()["correlation_id"], reply.headers["x-correlation-id"], code);
    assert.doesNotMatch(reply.text, /\b(select|relation|postgres|node_modules)\b|\.ts:/i, code);
    if ([429, 503].includes(status))
      assert.match(reply.headers["retry-after"] ?? "", /^\d+$/, code);
    if (status === 422 && "check" in reply.json())
      for (const member of ["limit", "value"]) assert.ok(member in reply.json(), code);
  }
});
