import { useState } from "preact/hooks";
import { closeAccount } from "../../api/account.ts";
import { announce } from "../../state/announcements.ts";
import { forgetSession } from "../../state/session.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button } from "../../ui/form.tsx";
import { Dialog, Failure, Panel } from "../../ui/parts.tsx";

const text = texts.settings;

const Confirm = ({ onClose }: { readonly onClose: () => void }) => {
  const close = useAction(async () => {
    await closeAccount();
    announce(text.closed);
    forgetSession();
  });
  return (
    <Dialog title={text.close} onClose={onClose}>
      <div class="form">
        <p>{text.closeText}</p>
        <Failure>{close.error}</Failure>
        <div class="row">
          <Button kind="danger" pending={close.pending} onClick={() => close.run()}>
            {text.close}
          </Button>
          <Button onClick={onClose}>{texts.common.cancel}</Button>
        </div>
      </div>
    </Dialog>
  );
};

/** Closes the account, after a question. */
export const CloseAccount = () => {
  const [asking, setAsking] = useState(false);
  return (
    <Panel title={text.close}>
      <p>{text.closeText}</p>
      <Button kind="danger" onClick={() => setAsking(true)}>
        {text.close}
      </Button>
      {asking && <Confirm onClose={() => setAsking(false)} />}
    </Panel>
  );
};
