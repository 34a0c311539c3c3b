import { endpoint } from "../../layers/http/endpoint.ts";
import { showInstrument } from "../../layers/representation/instrument.ts";
import { runtime } from "../../layers/runtime.ts";
import { listInstrumentsContract } from "./contract.ts";

/** Reads the same cache as the pre-trade checks, so that both always agree. */
export const handler = endpoint(runtime, listInstrumentsContract, async () => {
  const listings = await runtime.reference.listings();
  const instruments = listings.map((listing) =>
    showInstrument(listing.instrument, listing.sessions),
  );
  return { status: 200, body: { instruments } };
});
