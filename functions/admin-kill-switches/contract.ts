import { z } from "zod";
import { isSymbol, isUuid } from "../../layers/domain/identifiers.ts";
import { reasonField } from "../../layers/http/admin-fields.ts";
import { contract } from "../../layers/http/contract.ts";
import { timeOut } from "../../layers/representation/fields.ts";

const killSwitchOut = z
  .strictObject({
    scope: z.enum(["system", "symbol", "client"]),
    subject: z.string(),
    reason: z.string(),
    set_by: z.uuid(),
    set_at: timeOut,
  })
  .meta({ id: "KillSwitch" });

const killSwitchesOut = z.strictObject({ kill_switches: z.array(killSwitchOut) });

const subject = z.string().refine((text) => isSymbol(text) || isUuid(text), {
  error: "must be a symbol or the id of a client",
  params: { code: "invalid_subject" },
});

const promise = {
  tag: "admin",
  access: "admin",
  answers: { 200: { description: "Every kill switch that is on now.", schema: killSwitchesOut } },
} as const;

export const listKillSwitchesContract = contract({
  ...promise,
  operationId: "listKillSwitches",
  summary: "List the kill switches that are on.",
  method: "GET",
  path: "/api/v1/admin/kill_switches",
  problems: [],
});

export const setKillSwitchContract = contract({
  ...promise,
  operationId: "setKillSwitch",
  summary: "Stop new orders and replaces of all clients, of one symbol or of one client.",
  method: "POST",
  path: "/api/v1/admin/kill_switches",
  body: z.discriminatedUnion("scope", [
    z.strictObject({ scope: z.literal("system"), reason: reasonField }),
    z.strictObject({ scope: z.literal("symbol"), subject, reason: reasonField }),
    z.strictObject({ scope: z.literal("client"), subject, reason: reasonField }),
  ]),
  problems: ["not_found"],
});

export const liftKillSwitchContract = contract({
  ...promise,
  operationId: "liftKillSwitch",
  summary: "Lift a kill switch. The subject of the switch for the whole system is `all`.",
  method: "DELETE",
  path: "/api/v1/admin/kill_switches/{scope}/{subject}",
  params: z.strictObject({
    scope: z.enum(["system", "symbol", "client"]),
    subject: z.string().regex(/^[A-Za-z0-9-]{1,36}$/),
  }),
  problems: ["not_found"],
});
