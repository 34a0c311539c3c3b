import { argv, stdout, threadCpuUsage } from "node:process";
import { CONTESTANTS, type Contestant, type Step, sizeOf } from "./contestants.ts";
import { type Drained, startDrain } from "./drain.ts";
import { type Messages, readMessages } from "./messages.ts";

/** What one run measured: wall time, and the processor time of the thread that matches. */
export type Run = Drained & {
  readonly messages: number;
  readonly wallMs: number;
  readonly cpuMs: number;
};

/** The number of messages in one call of the loop, so that it is compiled like any other function. */
const TURN = 500;

const runTurn = (step: Step, messages: Messages, from: number): void => {
  const end = Math.min(messages.length, from + TURN);
  for (let at = from; at < end; at += 1) step(messages, at);
};

/** Sends all messages, one at a time, to an empty book. The clock stops when all reports are visible. */
const runAll = async ({ create }: Contestant, messages: Messages): Promise<Run> => {
  const { writer, finish } = await startDrain(messages.length * 2 + 1_024);
  const step = create(writer, sizeOf(messages));
  const cpu = threadCpuUsage();
  const start = performance.now();
  for (let at = 0; at < messages.length; at += TURN) runTurn(step, messages, at);
  writer.flush();
  const wallMs = performance.now() - start;
  const { user, system } = threadCpuUsage(cpu);
  return { ...(await finish()), messages: messages.length, wallMs, cpuMs: (user + system) / 1_000 };
};

/** One measurement in its own process: a warm-up on another stream, then the stream that counts. */
const [, , name, warmUp = "", stream = ""] = argv;
const contestant = CONTESTANTS.find((known) => known.name === name);
if (contestant === undefined) throw new Error(`unknown contestant: ${name}`);
await runAll(contestant, await readMessages(warmUp));
stdout.write(JSON.stringify(await runAll(contestant, await readMessages(stream))));
