import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { testDatabase } from "../../testing/database.ts";
import { sql } from "./database.ts";
import { listen, ring } from "./doorbell.ts";

const database = await testDatabase();

const listener = (channel: string) => {
  const bell = new EventEmitter();
  const errors: Error[] = [];
  const { close } = listen({
    url: database.url,
    channel,
    onRing: () => bell.emit("ring"),
    onError: (error) => errors.push(error),
  });
  return { close, errors, rung: () => once(bell, "ring", { signal: AbortSignal.timeout(10_000) }) };
};

test("a ring wakes the listener, and only the listener of that channel", async () => {
  const [mine, other] = [listener("bell_a"), listener("bell_b")];
  await Promise.all([mine.rung(), other.rung()]);
  const woken: string[] = [];
  const both = [mine.rung().then(() => woken.push("a")), other.rung().then(() => woken.push("b"))];
  await ring(database, "bell_a");
  await both[0];
  assert.deepEqual(woken, ["a"]);
  await ring(database, "bell_b"); // notifications keep their order: an "a" for b would be seen now
  await both[1];
  assert.deepEqual(woken, ["a", "b"]);
  await Promise.all([mine.close(), other.close()]);
});

test("a listener whose connection is cut connects again, and looks once in case it missed a ring", async () => {
  const { close, errors, rung } = listener("bell_c");
  await rung();
  const reconnected = rung();
  const { rows } = await database.query(sql`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doorbell bell_c'`);
  assert.equal(rows.length, 1);
  await reconnected;
  assert.ok(errors.length > 0);
  const again = rung();
  await ring(database, "bell_c");
  await again;
  await close();
});

test("a closed listener leaves no connection behind", async () => {
  const { close, rung } = listener("bell_d");
  await rung();
  await close();
  const connections = async () =>
    (
      await database.query(sql`
        select pid from pg_stat_activity where application_name = 'doorbell bell_d'`)
    ).rows.length;
  const deadline = Date.now() + 5_000; // the server notices the goodbye a moment later
  while ((await connections()) > 0) assert.ok(Date.now() < deadline, "a connection is left");
});
