import { useEffect } from "preact/hooks";
import { type paths, unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { shares } from "../../format.ts";
import { texts } from "../../texts.ts";
import { Button } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Failure, Loading, Panel, Table } from "../../ui/parts.tsx";

const text = texts.operator.matching;
const REFRESH_MS = 5_000;

type State =
  paths["/api/v1/admin/matching"]["get"]["responses"]["200"]["content"]["application/json"];
type SymbolState = State["symbols"][number];

const COLUMNS = [
  [texts.operator.columns.symbol],
  [text.shard, "number"],
  [text.lastSeq, "number"],
  [text.settledSeq, "number"],
  [text.waiting, "number"],
  [text.waitingForOpen, "number"],
  [text.resting, "number"],
  [texts.operator.columns.status],
] as const;

const stateOf = ({ failed_seq, waiting_commands }: SymbolState): readonly [string, string] => {
  if (failed_seq !== null) return ["halted", text.failed(failed_seq)];
  return waiting_commands > 0 ? ["stale", text.behind] : ["live", text.settled];
};

const Row = ({ state }: { readonly state: SymbolState }) => {
  const [kind, sentence] = stateOf(state);
  return (
    <tr>
      <th scope="row">{state.symbol}</th>
      <td class="number">{state.shard}</td>
      <td class="number">{shares(state.last_seq)}</td>
      <td class="number">{shares(state.settled_seq)}</td>
      <td class="number">{shares(state.waiting_commands)}</td>
      <td class="number">{shares(state.waiting_for_open)}</td>
      <td class="number">{shares(state.resting_orders)}</td>
      <td>
        <span class={`badge ${kind}`}>{sentence}</span>
      </td>
    </tr>
  );
};

const Summary = ({ state }: { readonly state: State }) => (
  <>
    {state.shards_without_matcher.length > 0 && (
      <Failure>{text.orphans(state.shards_without_matcher.join(", "))}</Failure>
    )}
    <ul class="notes">
      {state.matchers.map(({ matcher, shards: held }) => (
        <li key={matcher}>{text.matcher(matcher, held.join(", "))}</li>
      ))}
      <li>{text.outbox(shares(state.outbox.commands), state.outbox.oldest_seconds.toFixed(1))}</li>
    </ul>
  </>
);

/** Which matcher holds which shard, and what waits for it; read again every few seconds. */
export const Matching = () => {
  const loaded = useLoaded(() => unwrap(brokerx.api.GET("/api/v1/admin/matching")));
  useEffect(() => {
    const timer = setInterval(() => document.hidden || loaded.reload(), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const state = loaded.value;
  return (
    <Panel
      title={text.title}
      aside={<Button onClick={loaded.reload}>{texts.operator.again}</Button>}
    >
      <Failure>{loaded.error}</Failure>
      {state === undefined ? (
        loaded.error === undefined && <Loading />
      ) : (
        <>
          <Summary state={state} />
          <Table label={text.title} columns={COLUMNS}>
            {state.symbols.map((row) => (
              <Row key={row.symbol} state={row} />
            ))}
          </Table>
        </>
      )}
    </Panel>
  );
};
