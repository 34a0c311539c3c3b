import { setTimeout as delay } from "node:timers/promises";
import { build, type Histogram } from "hdr-histogram-js";
import { Agent, type Dispatcher } from "undici";

/** A request of the load. `kind` is the name under which its time is recorded. */
export type Shot = { readonly kind: "ack" | "trade" } & Pick<
  Dispatcher.RequestOptions,
  "origin" | "path" | "method" | "headers" | "body"
>;

type Times = Readonly<Record<Shot["kind"], Histogram>>;

type Volley = { readonly times: Times; readonly sent: number; readonly failures: number };

const TICK_MS = 1;
const CONNECTIONS = 256;

const newTimes = (): Times => {
  const histogram = () => build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  return { ack: histogram(), trade: histogram() };
};

/**
 * Sends at a fixed rate, independent of the answers. A time starts when its request was due, not
 * when it could be sent, so that a stalled server is charged for all requests that were due
 * meanwhile.
 */
export const volley = async (
  next: (index: number) => Shot,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<Volley> => {
  const agent = new Agent({ connections: CONNECTIONS });
  const times = newTimes();
  let failures = 0;
  const begun = performance.now();
  const shoot = async (index: number): Promise<void> => {
    const { kind, ...request } = next(index);
    const due = begun + (index * 1_000) / rate;
    const response = await agent.request(request).catch(() => undefined);
    await response?.body.dump();
    if (response === undefined || response.statusCode >= 400) failures += 1;
    else times[kind].recordValue(Math.max(1, Math.round((performance.now() - due) * 1_000)));
  };
  const shots: Promise<void>[] = [];
  const wanted = rate * seconds;
  while (shots.length < wanted) {
    const due = Math.min(wanted, ((performance.now() - begun) * rate) / 1_000);
    while (shots.length < due) shots.push(shoot(shots.length));
    await delay(TICK_MS);
  }
  await Promise.all(shots);
  await agent.close();
  return { times, sent: wanted, failures };
};
