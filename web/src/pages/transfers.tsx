import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { unwrap } from "../../../sdk/index.ts";
import { brokerx, call } from "../api/brokerx.ts";
import { money, words } from "../format.ts";
import { lastWithdrawalEvent, portfolio } from "../state/account.ts";
import { withStepUp } from "../state/step-up.ts";
import { texts } from "../texts.ts";
import { readFigure } from "../typed.ts";
import { useAction } from "../ui/action.ts";
import { Button, FigureField, Form } from "../ui/form.tsx";
import { type Pages, usePages } from "../ui/pages.ts";
import { Empty, Failure, Loading, Panel, Success, Table, Time } from "../ui/parts.tsx";
import { MoreOf } from "../ui/sentinel.tsx";

const text = texts.transfers;

type Transfer = {
  readonly id: string;
  readonly amount: string;
  readonly status: string;
  readonly created_at: string;
  readonly reason?: string | null;
};

type Withdrawal = Omit<Transfer, "id"> & { readonly withdrawal_id: string };
type WithdrawalsPage = {
  readonly withdrawals: readonly Withdrawal[];
  readonly next_page_token: string | null;
};

const readDeposits = async (after: string | undefined) => {
  const query = { limit: 25, ...(after === undefined ? {} : { after }) };
  const page = await unwrap(brokerx.api.GET("/api/v1/deposits", { params: { query } }));
  const items = page.deposits.map((deposit) => ({ ...deposit, id: deposit.deposit_id }));
  return { items, next: page.next_page_token };
};

const readWithdrawals = async (after: string | undefined) => {
  const query = new URLSearchParams({ limit: "25", ...(after === undefined ? {} : { after }) });
  const page = await call<WithdrawalsPage>("GET", `/api/v1/withdrawals?${query}`);
  const items = page.withdrawals.map((withdrawal) => ({
    ...withdrawal,
    id: withdrawal.withdrawal_id,
  }));
  return { items, next: page.next_page_token };
};

/** A key for each amount that is typed, so that a repeated click moves money once. */
const useKey = () => {
  const [key, setKey] = useState(() => crypto.randomUUID());
  return { key, renew: () => setKey(crypto.randomUUID()) };
};

type TransferFormProps = {
  readonly title: string;
  readonly submit: string;
  readonly done: (amount: string) => string;
  readonly send: (amount: string, key: string) => Promise<unknown>;
  readonly aside?: ComponentChildren;
  /** A link that is shown after a transfer. */
  readonly next?: ComponentChildren;
  readonly autoFocus?: boolean;
};

const TransferForm = (props: TransferFormProps) => {
  const { title, submit, done, send, aside, next, autoFocus = false } = props;
  const [typed, setTyped] = useState("");
  const { key, renew } = useKey();
  const transfer = useAction(async () => {
    const { value } = readFigure("cash", typed);
    if (value === undefined) return undefined;
    await send(value, key);
    setTyped("");
    renew();
    return value;
  });
  return (
    <Panel title={title} aside={aside}>
      <Form label={title} onSubmit={() => transfer.run()} onEdit={transfer.dropResult}>
        <FigureField
          kind="cash"
          label={text.amount}
          hint={text.amountHint}
          name="amount"
          required
          autoFocus={autoFocus}
          value={typed}
          onChange={(value) => {
            setTyped(value);
            renew();
          }}
          error={transfer.fieldError("amount")}
        />
        <Failure>{transfer.error}</Failure>
        {transfer.result !== undefined && (
          <Success>
            {done(money(transfer.result))} {next}
          </Success>
        )}
        <div>
          <Button type="submit" kind="primary" pending={transfer.pending}>
            {submit}
          </Button>
        </div>
      </Form>
    </Panel>
  );
};

const Cancel = ({ transfer }: { readonly transfer: Transfer }) => {
  const cancel = useAction(() => call("POST", `/api/v1/withdrawals/${transfer.id}/cancel`));
  return (
    <>
      <Button
        kind="danger"
        label={text.cancelNamed(money(transfer.amount))}
        pending={cancel.pending}
        onClick={() => cancel.run()}
      >
        {text.cancel}
      </Button>
      <Failure>{cancel.error}</Failure>
    </>
  );
};

/** Only the client can cancel a withdrawal. */
const Status = ({ transfer: { status, reason } }: { readonly transfer: Transfer }) => {
  if (status === "cancelled" && reason === "requested") return <>{text.cancelledByYou}</>;
  return (
    <>
      {words(status)}
      {reason && <span class="muted"> · {words(reason)}</span>}
    </>
  );
};

type ListProps = {
  readonly title: string;
  readonly empty: string;
  readonly pages: Pages<Transfer>;
};

const List = ({ title, empty, pages }: ListProps) => (
  <Panel title={title}>
    {pages.items === undefined ? (
      pages.more.error === undefined && <Loading />
    ) : pages.items.length === 0 ? (
      <Empty>{empty}</Empty>
    ) : (
      <Table
        label={title}
        columns={[
          [text.columns.time],
          [text.columns.amount, "number"],
          [text.columns.status],
          [text.columns.actions, "hidden"],
        ]}
      >
        {pages.items.map((transfer) => (
          <tr key={transfer.id}>
            <td>
              <Time at={transfer.created_at} />
            </td>
            <td class="number">{money(transfer.amount)}</td>
            <td>
              <Status transfer={transfer} />
            </td>
            <td class="actions">
              {transfer.status === "pending" && <Cancel transfer={transfer} />}
            </td>
          </tr>
        ))}
      </Table>
    )}
    <MoreOf pages={pages} />
  </Panel>
);

const withdraw = (amount: string, key: string) =>
  withStepUp(() =>
    call("POST", "/api/v1/withdrawals", { amount, currency: "USD" }, { "idempotency-key": key }),
  );

const Available = () => (
  <span class="muted">
    {text.available}{" "}
    <span class="number">
      {money(portfolio.value?.available_balance)} {portfolio.value?.currency}
    </span>
  </span>
);

/** Money in and out, with the state of each transfer. */
export const TransfersPage = () => {
  // Every change of the balance and of a withdrawal reads its list again, so states change without a reload.
  const deposits = usePages(readDeposits, `${portfolio.value?.total_balance}`);
  const withdrawals = usePages(readWithdrawals, lastWithdrawalEvent.value);
  return (
    <div class="stack">
      <h1>{text.title}</h1>
      <div class="columns">
        <TransferForm
          title={text.deposit}
          submit={text.depositSubmit}
          done={text.deposited}
          send={(amount, key) => brokerx.deposit({ amount }, key)}
          next={<a href="/trade">{text.trade}</a>}
          autoFocus
        />
        <TransferForm
          title={text.withdraw}
          submit={text.withdrawSubmit}
          done={text.withdrawn}
          send={withdraw}
          aside={<Available />}
        />
      </div>
      <div class="columns">
        <List title={text.deposits} empty={text.noDeposits} pages={deposits} />
        <List title={text.withdrawals} empty={text.noWithdrawals} pages={withdrawals} />
      </div>
    </div>
  );
};
