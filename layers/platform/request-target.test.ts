import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRequestTarget } from "./request-target.ts";

test("the path and the query are read from the origin form and from the absolute form", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["/health", "/health", ""],
    ["/a/b?c=d&e=f", "/a/b", "c=d&e=f"],
    ["/a?b?c", "/a", "b?c"],
    ["/a%20b?c=%2F", "/a%20b", "c=%2F"],
    ["/a#b?c", "/a", ""],
    ["http://feed:3105/health?x=1", "/health", "x=1"],
    ["HTTPS://feed/a", "/a", ""],
    ["http://feed", "/", ""],
    ["http://feed?x", "/", "x"],
    ["//", "//", ""],
    ["//evil.example/health", "//evil.example/health", ""],
    ["http://", "/", ""],
    ["http:///", "/", ""],
    ["*", "*", ""],
    ["feed:443", "feed:443", ""],
    ["", "", ""],
  ];
  for (const [target, path, query] of cases)
    assert.deepEqual(parseRequestTarget(target), { path, query }, target);
  assert.deepEqual(parseRequestTarget(undefined), { path: "", query: "" });
});

test("reading a request target never throws, whatever the target is", () => {
  const target = fc.oneof(
    fc.string(),
    fc.string().map((text) => `/${text}`),
    fc.string().map((text) => `http://${text}`),
  );
  fc.assert(fc.property(target, (text) => parseRequestTarget(text).path !== undefined));
});
