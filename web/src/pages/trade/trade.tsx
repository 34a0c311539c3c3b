import { useEffect } from "preact/hooks";
import { navigate, path } from "../../router.ts";
import { instruments, showSymbol, symbol } from "../../state/market.ts";
import { texts } from "../../texts.ts";
import { Loading } from "../../ui/parts.tsx";
import { OrderBook } from "./book.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import { MyOrders } from "./my-orders.tsx";
import { Tape } from "./tape.tsx";
import { Ticket } from "./ticket.tsx";
import { WatchList } from "./watch-list.tsx";

/** Shows the symbol of the address, or the first one. */
export const TradePage = () => {
  const listed = instruments.value;
  const asked = path.value.split("/")[2]?.toUpperCase();
  const known = listed?.some((instrument) => instrument.symbol === asked) ?? false;
  const shown = known ? asked : listed?.[0]?.symbol;
  useEffect(() => {
    if (shown === undefined) return;
    showSymbol(shown);
    if (!known) navigate(`/trade/${shown}`, { replace: true });
  }, [shown, known]);
  if (listed === undefined || shown === undefined) return <Loading />;
  return (
    <div class="trade">
      <h1 class="unseen">{texts.trade.title(symbol.value)}</h1>
      <WatchList />
      <ChartPanel />
      <OrderBook />
      <Ticket key={shown} symbol={shown} />
      <Tape />
      <MyOrders />
    </div>
  );
};
