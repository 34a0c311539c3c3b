import { clock, money, shares } from "../../format.ts";
import { tape } from "../../state/market.ts";
import { texts } from "../../texts.ts";
import { Empty, Panel, Table } from "../../ui/parts.tsx";

/** The last trades of the market, newest first. */
export const Tape = () => (
  <Panel title={texts.trade.tape.title} class="tape">
    {tape.value.length === 0 ? (
      <Empty>{texts.trade.tape.empty}</Empty>
    ) : (
      <Table
        label={texts.trade.tape.title}
        columns={[
          [texts.trade.time],
          [texts.trade.price, "number"],
          [texts.trade.quantity, "number"],
        ]}
      >
        {tape.value.map((trade) => (
          <tr key={trade.trade_id}>
            <td>
              <time dateTime={trade.ts}>{clock(trade.ts)}</time>
            </td>
            <td class={`number ${trade.taker_side}`}>
              <span class="unseen">{texts.sides[trade.taker_side]}</span>
              {money(trade.price)}
            </td>
            <td class="number">{shares(trade.quantity)}</td>
          </tr>
        ))}
      </Table>
    )}
  </Panel>
);
