/** How much the simulated participants trade, in renewed quotes a second. */
export type Market = "off" | number;

const MOODS: Readonly<Record<string, Market>> = { off: "off", calm: 5, busy: 25 };
const FASTEST = 100;

/** The texts that `parseMarket` reads, for messages. */
export const MARKETS = `calm, busy, off, or a whole number from 1 to ${FASTEST}`;

/** Reads `calm`, `busy` or a number of quotes a second; undefined for any other text. */
export const parseMarket = (text: string): Market | undefined => {
  if (Object.hasOwn(MOODS, text)) return MOODS[text];
  if (!/^[1-9][0-9]{0,2}$/.test(text)) return undefined;
  const rate = Number(text);
  return rate <= FASTEST ? rate : undefined;
};
