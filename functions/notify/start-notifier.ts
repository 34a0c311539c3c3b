import { type Loop, type PassResult, startLoop } from "../../layers/platform/loop.ts";
import { MAILS_A_PASS, type NotifyDeps, notify } from "./notify.ts";

const PAUSE_MS = 500;

/**
 * Reports orders and sends mails until it is stopped. While the mail server is down, each pass
 * tries one mail to find out when the server is back. The outage and its end are logged once each.
 */
export const startNotifier = (deps: NotifyDeps, pauseMs = PAUSE_MS): Loop => {
  const { logger } = deps;
  let isServerAway = false;
  const pass = async (): Promise<PassResult> => {
    const mails = isServerAway ? 1 : MAILS_A_PASS;
    const { claimed, reported, unreachable } = await notify(deps, mails);
    if (unreachable !== undefined) {
      if (!isServerAway)
        logger.warn({ err: unreachable }, "the mail server does not answer; mails wait");
      isServerAway = true;
      return "idle";
    }
    // Only an accepted mail shows that the server is back: a pass without mails does not contact
    // it.
    if (isServerAway && claimed > 0) {
      logger.info({}, "the mail server answers again");
      isServerAway = false;
    }
    return claimed === mails || reported > 0 ? "more" : "idle";
  };
  return startLoop({ name: "notify", logger, pauseMs, pass });
};
