import assert from "node:assert/strict";
import { test } from "node:test";
import { createClientCap } from "./client-cap.ts";

test("a client at its limit is refused until its work ends, and other clients are not refused", async () => {
  const { run } = createClientCap(2);
  const { promise, resolve } = Promise.withResolvers<string>();
  const turnedAway = async () => "turned away";
  const wait = (client: string) => run(client, () => promise, turnedAway);
  const first = [wait("a"), wait("a")];
  assert.equal(await wait("a"), "turned away");
  assert.equal(await wait("a"), "turned away");
  const otherClient = wait("b");
  resolve("done");
  assert.deepEqual(await Promise.all([...first, otherClient]), ["done", "done", "done"]);
  assert.equal(await wait("a"), "done");
});

test("work that fails makes room too", async () => {
  const { run } = createClientCap(1);
  const fail = () => Promise.reject(new Error("broken"));
  await assert.rejects(run("a", fail, fail), /broken/);
  assert.equal(await run("a", async () => "ran", fail), "ran");
});
