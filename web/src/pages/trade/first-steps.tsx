import { endedOrders, openOrders, ordersLoaded, portfolio } from "../../state/account.ts";
import { isOperator } from "../../state/session.ts";
import { texts } from "../../texts.ts";
import { Panel } from "../../ui/parts.tsx";

const text = texts.trade.firstSteps;

/** Leads a new client from the first deposit to the first order, and then disappears. */
export const FirstSteps = () => {
  const read = portfolio.value;
  if (read === undefined || !ordersLoaded.value || isOperator.value) return null;
  const hasOrders = openOrders.value.length + endedOrders.value.length > 0;
  if (hasOrders || read.positions.length > 0) return null;
  const hasCash = /[1-9]/.test(read.total_balance);
  return (
    <Panel title={text.title} class="first-steps">
      <ol>
        <li class={hasCash ? "done" : undefined} aria-current={hasCash ? undefined : "step"}>
          {hasCash ? text.deposited : <a href="/transfers">{text.deposit}</a>}
        </li>
        <li aria-current={hasCash ? "step" : undefined}>{text.order}</li>
        <li>{text.follow}</li>
      </ol>
    </Panel>
  );
};
