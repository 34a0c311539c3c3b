import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { instrumentOut } from "../../layers/representation/instrument.ts";

export const listInstrumentsContract = contract({
  operationId: "listInstruments",
  summary: "List the instruments with the limits that apply now.",
  tag: "market",
  method: "GET",
  path: "/api/v1/instruments",
  access: "client",
  answers: {
    200: {
      description: "Every instrument, by symbol. A client's own limits may be stricter.",
      schema: z.strictObject({ instruments: z.array(instrumentOut) }),
    },
  },
  problems: [],
});
