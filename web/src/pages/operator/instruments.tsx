import { useState } from "preact/hooks";
import { unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { money, words } from "../../format.ts";
import type { Instrument } from "../../state/phase.ts";
import { texts } from "../../texts.ts";
import { ConfirmWithReason } from "../../ui/confirm.tsx";
import { Button } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Failure, Loading, Panel, Table } from "../../ui/parts.tsx";
import { EditInstrument, NewInstrument } from "./instrument-form.tsx";

const text = texts.operator;

type Act = "halt" | "resume" | "close";
type Chosen = { readonly act: Act; readonly symbol: string };

const NAMES: Readonly<Record<Act, string>> = {
  halt: text.halt,
  resume: text.resume,
  close: text.close,
};

/** What can be done to an instrument in each status. */
const ACTS: Readonly<Record<Instrument["status"], readonly Act[]>> = {
  trading: ["halt", "close"],
  halted: ["resume", "close"],
  closed: ["resume"],
};

const PATHS = {
  halt: "/api/v1/admin/instruments/{symbol}/halt",
  resume: "/api/v1/admin/instruments/{symbol}/resume",
  close: "/api/v1/admin/instruments/{symbol}/close",
} as const;

const carryOut = ({ act, symbol }: Chosen, reason: string) =>
  unwrap(brokerx.api.POST(PATHS[act], { params: { path: { symbol } }, body: { reason } }));

const COLUMNS = [
  [text.columns.symbol],
  [text.columns.name],
  [text.columns.status],
  [text.calendar],
  [text.columns.reference, "number"],
  [text.columns.band, "number"],
  [text.columns.actions, "hidden"],
] as const;

type RowProps = {
  readonly listed: Instrument;
  readonly onChoose: (chosen: Chosen) => void;
  readonly onEdit: () => void;
};

const Row = ({ listed, onChoose, onEdit }: RowProps) => (
  <tr>
    <th scope="row">{listed.symbol}</th>
    <td>{listed.name}</td>
    <td>
      <span class={`badge ${listed.status === "trading" ? "live" : "halted"}`}>
        {words(listed.status)}
      </span>
    </td>
    <td>{listed.calendar}</td>
    <td class="number">{money(listed.reference_price)}</td>
    <td class="number">
      {listed.price_band === null
        ? texts.common.none
        : `${money(listed.price_band.lowest)} – ${money(listed.price_band.highest)}`}
    </td>
    <td class="actions">
      <Button label={text.actNamed(text.edit, listed.symbol)} onClick={onEdit}>
        {text.edit}
      </Button>
      {ACTS[listed.status].map((act) => (
        <Button
          key={act}
          kind={act === "resume" ? "plain" : "danger"}
          label={text.actNamed(NAMES[act], listed.symbol)}
          onClick={() => onChoose({ act, symbol: listed.symbol })}
        >
          {NAMES[act]}
        </Button>
      ))}
    </td>
  </tr>
);

/** Every instrument, to halt, resume or close it. */
export const Instruments = () => {
  const [chosen, setChosen] = useState<Chosen | undefined>(undefined);
  const [edited, setEdited] = useState<Instrument | "new" | undefined>(undefined);
  const stopEditing = (): void => setEdited(undefined);
  const listed = useLoaded(async () => {
    const { instruments } = await unwrap(brokerx.api.GET("/api/v1/admin/instruments"));
    return instruments;
  });
  return (
    <Panel
      title={text.instruments}
      aside={<Button onClick={() => setEdited("new")}>{text.instrumentForm.add}</Button>}
    >
      <Failure>{listed.error}</Failure>
      {listed.value === undefined ? (
        <Loading />
      ) : (
        <Table label={text.instruments} columns={COLUMNS}>
          {listed.value.map((instrument) => (
            <Row
              key={instrument.symbol}
              listed={instrument}
              onChoose={setChosen}
              onEdit={() => setEdited(instrument)}
            />
          ))}
        </Table>
      )}
      {edited === "new" && <NewInstrument onChange={listed.reload} onClose={stopEditing} />}
      {edited !== undefined && edited !== "new" && (
        <EditInstrument listed={edited} onChange={listed.reload} onClose={stopEditing} />
      )}
      {chosen && (
        <ConfirmWithReason
          what={text.actNamed(NAMES[chosen.act], chosen.symbol)}
          act={async (reason) => {
            await carryOut(chosen, reason);
            listed.reload();
          }}
          onClose={() => setChosen(undefined)}
        />
      )}
    </Panel>
  );
};
