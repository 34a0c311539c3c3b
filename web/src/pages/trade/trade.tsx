import { useEffect } from "preact/hooks";
import { navigate, path } from "../../router.ts";
import { hideSymbol, instruments, showSymbol } from "../../state/market.ts";
import { texts } from "../../texts.ts";
import { Empty, Loading, Panel } from "../../ui/parts.tsx";
import { OrderBook } from "./book.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { MarketNotice } from "./market-notice.tsx";
import { MyOrders } from "./my-orders.tsx";
import { Tape } from "./tape.tsx";
import { Ticket } from "./ticket.tsx";
import { WatchList } from "./watch-list.tsx";

const Unknown = ({ asked }: { readonly asked: string }) => (
  <div class="trade">
    <h1 class="unseen">{texts.common.notFoundTitle}</h1>
    <WatchList />
    <Panel title={texts.common.notFoundTitle} class="not-found">
      <Empty>{texts.trade.unknown(asked)}</Empty>
    </Panel>
  </div>
);

/** Shows the symbol of the address; an address without one leads to the first symbol. */
export const TradePage = () => {
  const listed = instruments.value;
  const asked = path.value.split("/")[2]?.toUpperCase() ?? "";
  const first = listed?.[0]?.symbol;
  const known = listed?.some((instrument) => instrument.symbol === asked) ?? false;
  useEffect(() => {
    if (known) showSymbol(asked);
    else if (listed !== undefined) hideSymbol();
    if (asked === "" && first !== undefined) navigate(`/trade/${first}`, { replace: true });
  }, [asked, known, first, listed !== undefined]);
  if (listed === undefined) return <Loading />;
  if (listed.length === 0) return <Empty>{texts.trade.nothingListed}</Empty>;
  if (!known) return asked === "" ? <Loading /> : <Unknown asked={asked} />;
  return (
    <div class="stack">
      <h1 class="unseen">{texts.trade.title(asked)}</h1>
      <FirstSteps />
      <MarketNotice symbol={asked} />
      <div class="trade">
        <WatchList />
        <ChartPanel />
        <OrderBook />
        <Ticket key={asked} symbol={asked} />
        <Tape />
        <MyOrders />
      </div>
    </div>
  );
};
