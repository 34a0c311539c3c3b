import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Instrument } from "../../layers/domain/market/instrument.ts";
import { adminOf } from "../../layers/http/admin-call.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { switchTrading } from "./admin-halts.ts";
import { closeContract, haltContract, resumeContract } from "./contract.ts";

type Request = {
  readonly client: ClientId;
  readonly correlationId: string;
  readonly address: string;
  readonly params: { readonly symbol: Ticker };
  readonly body: { readonly reason: string };
};

const to =
  (status: Instrument["status"]) =>
  async (call: Request): Promise<Answer> => {
    const { symbol } = call.params;
    const { reason } = call.body;
    const now = await switchTrading(runtime, adminOf(call), { symbol, status, reason });
    if (now === undefined) throw notFound("There is no such instrument.");
    return { status: 200, body: { symbol, status: now } };
  };

export const haltHandler = endpoint(runtime, haltContract, to("halted"));
export const resumeHandler = endpoint(runtime, resumeContract, to("trading"));
export const closeHandler = endpoint(runtime, closeContract, to("closed"));
