import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { testDatabase } from "../../testing/database.ts";
import { until } from "../../testing/until.ts";
import { sql } from "./database.ts";
import { listen } from "./listen.ts";
import { createNotifier, notify } from "./notify.ts";

const database = await testDatabase();

const listener = (channel: string) => {
  const events = new EventEmitter();
  const errors: Error[] = [];
  const { close } = listen({
    url: database.url,
    channel,
    onNotify: () => events.emit("notified"),
    onError: (error) => errors.push(error),
  });
  const notified = () => once(events, "notified", { signal: AbortSignal.timeout(10_000) });
  return { close, errors, events, notified };
};

test("a notification wakes the listener of its channel and no other", async () => {
  const [first, second] = [listener("channel_a"), listener("channel_b")];
  await Promise.all([first.notified(), second.notified()]);
  const woken: string[] = [];
  const firstNotified = first.notified().then(() => woken.push("a"));
  const secondNotified = second.notified().then(() => woken.push("b"));
  await notify(database, "channel_a");
  await firstNotified;
  assert.deepEqual(woken, ["a"]);
  // Notifications arrive in order, so "a" would have reached the second listener by now.
  await notify(database, "channel_b");
  await secondNotified;
  assert.deepEqual(woken, ["a", "b"]);
  await Promise.all([first.close(), second.close()]);
});

test("a listener whose connection is cut reconnects and reports a possible notification", async () => {
  const { close, errors, notified } = listener("channel_c");
  await notified();
  const reconnected = notified();
  const { rows } = await database.query(sql`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listen channel_c'`);
  assert.equal(rows.length, 1);
  await reconnected;
  assert.ok(errors.length > 0);
  const next = notified();
  await notify(database, "channel_c");
  await next;
  await close();
});

test("many calls of a notifier become few notifications, and the last call is never lost", async () => {
  const { close, events, notified } = listener("channel_e");
  await notified();
  let received = 0;
  events.on("notified", () => {
    received += 1;
  });
  const notifier = createNotifier(database, "channel_e");
  for (let count = 0; count < 1_000; count += 1) notifier.notify();
  await until(() => received > 0, "a notification");
  const before = received;
  notifier.notify();
  await until(() => received > before, "the notification of the last call");
  assert.ok(received < 10, `${received} notifications for 1,001 calls`);
  await close();
});

test("a closed listener leaves no connection behind", async () => {
  const { close, notified } = listener("channel_d");
  await notified();
  await close();
  const connections = async () =>
    (
      await database.query(sql`
        select pid from pg_stat_activity where application_name = 'listen channel_d'`)
    ).rows.length;
  await until(async () => (await connections()) === 0, "the connection to end");
});
