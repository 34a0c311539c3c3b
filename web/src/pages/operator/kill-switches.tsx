import { useState } from "preact/hooks";
import { type components, unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { announce } from "../../state/announcements.ts";
import { instruments } from "../../state/market.ts";
import { texts } from "../../texts.ts";
import { sentenceOf, useAction } from "../../ui/action.ts";
import { ConfirmWithReason } from "../../ui/confirm.tsx";
import { Button } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Empty, Failure, Loading, Panel, Table, Time } from "../../ui/parts.tsx";

const text = texts.operator;

type KillSwitch = components["schemas"]["KillSwitch"];

const read = async (): Promise<readonly KillSwitch[]> =>
  (await unwrap(brokerx.api.GET("/api/v1/admin/kill_switches"))).kill_switches;

/** Without a symbol, the switch of the whole system. */
const set = (symbol: string | undefined, reason: string) =>
  unwrap(
    brokerx.api.POST("/api/v1/admin/kill_switches", {
      body:
        symbol === undefined
          ? { scope: "system", reason }
          : { scope: "symbol", subject: symbol, reason },
    }),
  );

const nameOf = ({ scope, subject }: KillSwitch): string =>
  scope === "system" ? text.wholeSystem : subject;

type RowProps = { readonly item: KillSwitch; readonly onLifted: () => void };

const Row = ({ item, onLifted }: RowProps) => {
  const lift = useAction(async () => {
    try {
      const path = { scope: item.scope, subject: item.subject };
      await unwrap(
        brokerx.api.DELETE("/api/v1/admin/kill_switches/{scope}/{subject}", { params: { path } }),
      );
      onLifted();
    } catch (error) {
      announce(sentenceOf(error), "bad");
    }
  });
  return (
    <tr>
      <th scope="row">{nameOf(item)}</th>
      <td>{item.reason}</td>
      <td>
        <Time at={item.set_at} />
      </td>
      <td class="actions">
        <Button
          label={text.liftNamed(nameOf(item))}
          pending={lift.pending}
          onClick={() => lift.run()}
        >
          {text.lift}
        </Button>
      </td>
    </tr>
  );
};

type ActionsProps = { readonly onChoose: (symbol: string | undefined) => void };

const Actions = ({ onChoose }: ActionsProps) => (
  <div class="row">
    {instruments.value?.map(({ symbol }) => (
      <Button key={symbol} label={text.stopSymbol(symbol)} onClick={() => onChoose(symbol)}>
        {text.stopSymbol(symbol)}
      </Button>
    ))}
    <Button kind="danger" onClick={() => onChoose(undefined)}>
      {text.stopAll}
    </Button>
  </div>
);

const COLUMNS = [
  [text.columns.subject],
  [text.columns.reason],
  [text.columns.since],
  [text.columns.actions, "hidden"],
] as const;

/** The switches that refuse new orders, for everything or for a symbol. */
export const KillSwitches = () => {
  const [chosen, setChosen] = useState<{ readonly symbol: string | undefined } | undefined>();
  const switches = useLoaded(read);
  return (
    <Panel
      title={text.killSwitches}
      aside={<Actions onChoose={(symbol) => setChosen({ symbol })} />}
    >
      <Failure>{switches.error}</Failure>
      {switches.value === undefined ? (
        <Loading />
      ) : switches.value.length === 0 ? (
        <Empty>{text.noSwitches}</Empty>
      ) : (
        <Table label={text.killSwitches} columns={COLUMNS}>
          {switches.value.map((item) => (
            <Row key={`${item.scope} ${item.subject}`} item={item} onLifted={switches.reload} />
          ))}
        </Table>
      )}
      {chosen && (
        <ConfirmWithReason
          what={chosen.symbol === undefined ? text.stopAll : text.stopSymbol(chosen.symbol)}
          act={async (reason) => {
            await set(chosen.symbol, reason);
            switches.reload();
          }}
          onClose={() => setChosen(undefined)}
        />
      )}
    </Panel>
  );
};
