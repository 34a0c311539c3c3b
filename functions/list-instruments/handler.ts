import { endpoint } from "../../layers/http/endpoint.ts";
import { showInstrument } from "../../layers/representation/instrument.ts";
import { runtime } from "../../layers/runtime.ts";
import { listInstrumentsContract } from "./contract.ts";

/** Answers from the memory that the pre-trade checks read: it cannot say anything else than they do. */
export const handler = endpoint(runtime, listInstrumentsContract, async () => {
  const listings = await runtime.reference.listings();
  const instruments = listings.map((one) => showInstrument(one.instrument, one.sessions));
  return { status: 200, body: { instruments } };
});
