import { isOperator } from "../../state/session.ts";
import { texts } from "../../texts.ts";
import { Empty } from "../../ui/parts.tsx";
import { Calendars } from "./calendars.tsx";
import { Clients } from "./clients.tsx";
import { Instruments } from "./instruments.tsx";
import { KillSwitches } from "./kill-switches.tsx";
import { Matching } from "./matching.tsx";
import { TrialBalance } from "./trial-balance.tsx";

/** The operator console; the API refuses its requests from other clients. */
export const OperatorPage = () => {
  if (!isOperator.value) return <Empty>{texts.common.notFound}</Empty>;
  return (
    <div class="stack">
      <h1>{texts.operator.title}</h1>
      <KillSwitches />
      <Matching />
      <Instruments />
      <Calendars />
      <Clients />
      <TrialBalance />
    </div>
  );
};
