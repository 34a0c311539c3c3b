import { signal } from "@preact/signals";
import { unwrap } from "../../../sdk/index.ts";
import { brokerx } from "../api/brokerx.ts";

/** The price that the change of the day is measured from, by symbol. */
const bases = signal<ReadonlyMap<string, string>>(new Map());
let loadedDay = "";

const today = (): string => new Date().toISOString().slice(0, 10);

/** The first trade of today (UTC), or the last one before when today has none. */
const readBase = async (symbol: string): Promise<void> => {
  const params = { path: { symbol }, query: { interval: "1d" as const, limit: 1 } };
  const page = await unwrap(brokerx.api.GET("/api/v1/instruments/{symbol}/candles", { params }));
  const [candle] = page.candles;
  if (candle === undefined) return;
  const base = candle.opens_at.startsWith(today()) ? candle.open : candle.close;
  bases.value = new Map(bases.peek()).set(symbol, base);
};

/** Reads the base of each symbol once a day; a symbol that cannot be read shows no change. */
export const loadDayOpens = (symbols: readonly string[]): void => {
  if (loadedDay === today()) return;
  loadedDay = today();
  for (const symbol of symbols) void readBase(symbol).catch(() => undefined);
};

export const dayOpenOf = (symbol: string): string | undefined => bases.value.get(symbol);
