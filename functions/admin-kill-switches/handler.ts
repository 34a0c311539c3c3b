import { type KillSwitch, WHOLE_SYSTEM } from "../../layers/domain/orders/control.ts";
import { adminOf } from "../../layers/http/admin-call.ts";
import { type Answer, endpoint } from "../../layers/http/endpoint.ts";
import { notFound } from "../../layers/http/problem.ts";
import { runtime } from "../../layers/runtime.ts";
import { allowOrders, readKillSwitches, stopOrders } from "./admin-kill-switches.ts";
import {
  liftKillSwitchContract,
  listKillSwitchesContract,
  setKillSwitchContract,
} from "./contract.ts";

const { database } = runtime;

export const listHandler = endpoint(runtime, listKillSwitchesContract, async (call) =>
  show(await readKillSwitches(database, adminOf(call))),
);

export const setHandler = endpoint(runtime, setKillSwitchContract, async (call) => {
  const { body } = call;
  const subject = body.scope === "system" ? WHOLE_SYSTEM : body.subject;
  const switches = await stopOrders(database, adminOf(call), { ...body, subject });
  if (switches === undefined) throw notFound(`There is no such ${body.scope}.`);
  return show(switches);
});

export const liftHandler = endpoint(runtime, liftKillSwitchContract, async (call) => {
  const switches = await allowOrders(database, adminOf(call), call.params);
  if (switches === undefined) throw notFound("There is no such kill switch.");
  return show(switches);
});

const show = (switches: readonly KillSwitch[]): Answer => ({
  status: 200,
  body: {
    kill_switches: switches.map(({ scope, subject, reason, setBy, setAt }) => ({
      ...{ scope, subject, reason, set_by: setBy, set_at: setAt.toISOString() },
    })),
  },
});
