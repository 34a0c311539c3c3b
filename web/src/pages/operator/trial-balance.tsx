import { unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { figure, words } from "../../format.ts";
import { texts } from "../../texts.ts";
import { Button } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Failure, Loading, Panel, Success, Table } from "../../ui/parts.tsx";

const text = texts.operator;

const COLUMNS = [
  [text.columns.asset],
  [text.columns.account],
  [text.columns.amount, "number"],
] as const;

type VerdictProps = { readonly assets: readonly { readonly balanced: boolean }[] | undefined };

const Verdict = ({ assets }: VerdictProps) => {
  if (assets === undefined) return <Loading />;
  return assets.every(({ balanced }) => balanced) ? (
    <Success>{text.balanced}</Success>
  ) : (
    <Failure>{text.unbalanced}</Failure>
  );
};

/** The sum of every account of the journal, for each asset. */
export const TrialBalance = () => {
  const balance = useLoaded(() => unwrap(brokerx.api.GET("/api/v1/admin/trial_balance")));
  const assets = balance.value?.assets ?? [];
  return (
    <Panel title={text.trialBalance} aside={<Button onClick={balance.reload}>{text.again}</Button>}>
      <Failure>{balance.error}</Failure>
      {balance.error === undefined && <Verdict assets={balance.value?.assets} />}
      {assets.length > 0 && (
        <Table label={text.trialBalance} columns={COLUMNS}>
          {assets.flatMap(({ asset, accounts }) =>
            accounts.map(({ account, amount }) => (
              <tr key={`${asset} ${account}`}>
                <td>{asset}</td>
                <td>{words(account)}</td>
                <td class="number">{figure(amount)}</td>
              </tr>
            )),
          )}
        </Table>
      )}
    </Panel>
  );
};
