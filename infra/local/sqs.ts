import { buildApp } from "fauxqs";

const LOOK_MS = 1_000;

type Waiting = { pollTimer?: NodeJS.Timeout | undefined; readonly processTimers: () => void };
type Inside = { readonly SqsQueue?: { readonly prototype: { startPollTimerIfNeeded?: unknown } } };

/**
 * The server looks fifty times a second at every queue somebody waits at, for messages whose time-out
 * is over. Ours is ten seconds long, and what is sent or removed wakes who waits at once, so one look
 * a second does. A version that is made otherwise inside keeps its own pace.
 */
const lookSeldom = async (): Promise<void> => {
  const place = new URL("./sqs/sqsStore.js", import.meta.resolve("fauxqs"));
  const inside: Inside = await import(place.href).catch(() => ({}));
  const queue = inside.SqsQueue?.prototype;
  if (typeof queue?.startPollTimerIfNeeded !== "function") return;
  queue.startPollTimerIfNeeded = function (this: Waiting): void {
    this.pollTimer ??= setInterval(() => this.processTimers(), LOOK_MS);
  };
};

/**
 * The embedded SQS server, real wire protocol, on the loopback address. It forgets everything when
 * it ends, its queues too: whoever misses one makes it anew, and what was not settled is in the log.
 */
export const startSqs = async (port: number): Promise<{ readonly close: () => Promise<void> }> => {
  const app = buildApp({ logger: false });
  await app.listen({ host: "127.0.0.1", port });
  return { close: async () => app.close() };
};

if (import.meta.main) {
  await lookSeldom();
  const server = await startSqs(Number(process.env["PORT"]));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => server.close().finally(() => process.exit(0)));
}
