import { minute } from "../../format.ts";
import { instrumentOf } from "../../state/market.ts";
import { type Instrument, phaseOf } from "../../state/phase.ts";
import { texts } from "../../texts.ts";

const text = texts.trade.notices;

const sentenceOf = (instrument: Instrument): string | undefined => {
  const phase = phaseOf(instrument);
  if (phase.kind === "open") return undefined;
  if (phase.kind !== "closed") return text[phase.kind](instrument.symbol);
  return phase.opensAt === null
    ? text.neverOpens(instrument.calendar)
    : text.closed(instrument.calendar, minute(phase.opensAt));
};

/** Says why an order would not trade now, and what it waits for. Screen readers announce a change. */
export const MarketNotice = ({ symbol }: { readonly symbol: string }) => {
  const instrument = instrumentOf(symbol);
  const sentence = instrument && sentenceOf(instrument);
  return (
    <div class="market-notice" role="status">
      {sentence !== undefined && <p>{sentence}</p>}
    </div>
  );
};
