import { useEffect, useRef, useState } from "preact/hooks";
import { type Order, type OwnEvent, unwrap } from "../../../sdk/index.ts";
import { brokerx } from "../api/brokerx.ts";
import { amount, money, shares, times, words } from "../format.ts";
import { lastEventId } from "../state/account.ts";
import { instrumentOf } from "../state/market.ts";
import { texts } from "../texts.ts";
import { type Action, useAction } from "../ui/action.ts";
import { Field, Select } from "../ui/form.tsx";
import { Empty, Loading, Panel, Table, Time } from "../ui/parts.tsx";
import { MoreOf } from "../ui/sentinel.tsx";

const text = texts.activity;
const LIMIT = 100;

type Kind = (typeof text.kinds)[number][0];

/** The events after `after` up to `upTo`, newest first. */
const readEvents = async (after: number, upTo: number): Promise<readonly OwnEvent[]> => {
  const query = { after: String(after), limit: Math.min(500, upTo - after) };
  const page = await unwrap(brokerx.api.GET("/api/v1/activities", { params: { query } }));
  return page.activities.filter(({ event_id }) => event_id <= upTo).toReversed();
};

type Events = {
  readonly items: readonly OwnEvent[] | undefined;
  readonly hasMore: boolean;
  readonly more: Action<[]>;
};

/**
 * The client's events, newest first. They are numbered without a gap, so the list is read backwards from the newest
 * number, which the feed tells, and grows at its top as the feed tells of more.
 */
const useEvents = (): Events => {
  const [items, setItems] = useState<readonly OwnEvent[] | undefined>(undefined);
  const shown = useRef<readonly OwnEvent[]>([]);
  const show = (next: readonly OwnEvent[]): void => {
    shown.current = next;
    setItems(next);
  };
  const newest = lastEventId.value;
  const lowest = shown.current.at(-1)?.event_id ?? 0;
  const more = useAction(async () => {
    const start = Math.max(0, lowest - 1 - LIMIT);
    const older = await readEvents(start, lowest - 1);
    show([...shown.current, ...older]);
  });
  const newer = useAction(async () => {
    // Events that the feed tells of during a read are read next.
    for (let found = 1; found > 0; ) {
      const end = lastEventId.peek() ?? 0;
      const start = shown.current[0]?.event_id ?? Math.max(0, end - LIMIT);
      const events = end > start ? await readEvents(start, end) : [];
      show([...events, ...shown.current]);
      found = events.length;
    }
  });
  useEffect(() => {
    if (newest !== undefined) newer.run();
  }, [newest]);
  return { items, hasMore: lowest > 1, more };
};

const stateOf = (status: string, reason: string | null): string =>
  reason === null ? words(status) : text.reason(words(status), words(reason));

/** The symbol of an order with its prices, so that the rows before and after a replace differ. */
const termsOf = ({ symbol, price, stop_price }: Order): string => {
  const stopped = stop_price === null ? symbol : text.stop(symbol, money(stop_price));
  return price === null ? stopped : text.limit(stopped, money(price));
};

const What = ({ event }: { readonly event: OwnEvent }) => {
  if (event.type === "order") {
    const { direction, quantity, pending_action, status, reason } = event.order;
    const state = stateOf(pending_action ?? status, reason);
    return <>{text.order(texts.sides[direction], shares(quantity), termsOf(event.order), state)}</>;
  }
  if (event.type === "fill") {
    const { direction, quantity, symbol, price } = event;
    return <>{text.fill(direction, shares(quantity), symbol, money(price))}</>;
  }
  if (event.type === "balance") return <>{text.balance(event.asset, amount(event.held))}</>;
  if (event.type === "withdrawal") {
    const { amount: asked, currency, status, reason } = event;
    return <>{text.withdrawal(money(asked), currency, stateOf(status, reason))}</>;
  }
  return <>{words(event.kind)}</>;
};

/** What a fill cost or brought in. */
const paidFor = ({ direction, price, quantity, symbol }: Extract<OwnEvent, { type: "fill" }>) => {
  const currency = instrumentOf(symbol)?.currency ?? "";
  return `${direction === "buy" ? "−" : "+"}${money(times(price, quantity))} ${currency}`;
};

const amountOf = (event: OwnEvent): string => {
  if (event.type === "balance") return `${amount(event.available)} ${event.asset}`;
  if (event.type === "fill") return paidFor(event);
  if (event.type !== "transfer") return "";
  return `${event.direction === "in" ? "+" : "−"}${amount(event.amount)} ${event.asset}`;
};

const subjectOf = (event: OwnEvent): string => {
  if (event.type === "order") return event.order.symbol;
  if (event.type === "withdrawal") return event.currency;
  return event.type === "fill" ? event.symbol : event.asset;
};

type FilterProps = {
  readonly kind: Kind;
  readonly subject: string;
  readonly onKind: (kind: Kind) => void;
  readonly onSubject: (subject: string) => void;
};

const Filter = ({ kind, subject, onKind, onSubject }: FilterProps) => (
  <div class="row">
    <Select label={text.filter} value={kind} options={text.kinds} onChange={onKind} />
    <Field label={text.symbol} type="search" value={subject} onChange={onSubject} maxLength={8} />
  </div>
);

const COLUMNS = [
  [text.columns.time],
  [text.columns.kind, "minor"],
  [text.columns.what],
  [text.columns.amount, "number"],
] as const;

const Rows = ({ events }: { readonly events: readonly OwnEvent[] }) => (
  <Table label={text.title} columns={COLUMNS}>
    {events.map((event) => (
      <tr key={event.event_id}>
        <td class="wrap">
          <Time at={event.ts} />
        </td>
        <td class="minor">{words(event.type)}</td>
        <td class="wrap">
          <What event={event} />
        </td>
        <td class="number">{amountOf(event)}</td>
      </tr>
    ))}
  </Table>
);

/** Everything that moved money or orders, newest first. */
export const ActivityPage = () => {
  const events = useEvents();
  const [kind, setKind] = useState<Kind>("all");
  const [subject, setSubject] = useState("");
  const wanted = subject.trim().toUpperCase();
  const matching = events.items?.filter(
    (event) => (kind === "all" || event.type === kind) && subjectOf(event).startsWith(wanted),
  );
  return (
    <div class="stack">
      <h1>{text.title}</h1>
      <Panel
        title={text.title}
        aside={<Filter kind={kind} subject={subject} onKind={setKind} onSubject={setSubject} />}
      >
        {matching === undefined ? (
          <Loading />
        ) : matching.length === 0 ? (
          <Empty>{events.items?.length === 0 ? text.none : text.noMatch}</Empty>
        ) : (
          <Rows events={matching} />
        )}
        <MoreOf pages={events} />
      </Panel>
    </div>
  );
};
