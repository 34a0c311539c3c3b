import { adminOf } from "../../layers/http/admin-call.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { administer } from "../../layers/store/identity/admins.ts";
import { readOutbox, readSymbolStates } from "../../layers/store/matching/matcher-status.ts";
import { readShards, type ShardMap } from "../../layers/store/matching/shards.ts";
import { getMatchingStateContract } from "./contract.ts";

export const handler = endpoint(runtime, getMatchingStateContract, async (call) => {
  const { map, outbox, symbols } = await administer(runtime.database, adminOf(call), async (tx) => {
    const map = await readShards(tx);
    const outbox = await readOutbox(
      tx,
      map.shards.map(({ shard }) => shard),
    );
    return { result: { map, outbox, symbols: await readSymbolStates(tx) } };
  });
  return {
    status: 200,
    body: {
      at: runtime.clock().toISOString(),
      matchers: map.alive.map((matcher) => ({ matcher, shards: shardsOf(map, matcher) })),
      shards_without_matcher: shardsOf(map, undefined),
      outbox: { commands: outbox.backlog, oldest_seconds: Math.max(0, outbox.oldestSeconds) },
      symbols: symbols.map((state) => ({
        symbol: state.symbol,
        shard: state.shard,
        last_seq: state.lastSeq,
        settled_seq: state.settledSeq,
        waiting_commands: Math.max(0, state.lastSeq - state.settledSeq),
        waiting_for_open: state.waitingForOpen,
        resting_orders: state.restingOrders,
        failed_seq: state.failedSeq ?? null,
      })),
    },
  };
});

const shardsOf = ({ shards }: ShardMap, holder: string | undefined): number[] =>
  shards.flatMap((held) => (held.holder === holder ? [held.shard] : []));
