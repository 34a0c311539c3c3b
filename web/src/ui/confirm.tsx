import { useState } from "preact/hooks";
import { texts } from "../texts.ts";
import { useAction } from "./action.ts";
import { Button, Field, Form } from "./form.tsx";
import { Dialog, Failure } from "./parts.tsx";

type Props = {
  readonly what: string;
  /** Further effects of the action, if its name does not say them. */
  readonly warning?: string | undefined;
  readonly act: (reason: string) => Promise<unknown>;
  readonly onClose: () => void;
};

/** Asks for a reason before an action of an operator. */
export const ConfirmWithReason = ({ what, warning, act, onClose }: Props) => {
  const [reason, setReason] = useState("");
  const confirmed = useAction(async () => {
    await act(reason.trim());
    onClose();
  });
  return (
    <Dialog title={texts.operator.confirmTitle(what)} onClose={onClose}>
      <Form label={what} onSubmit={() => confirmed.run()}>
        {warning && <p>{warning}</p>}
        <p>{texts.operator.confirmText}</p>
        <Field
          label={texts.operator.reason}
          name="reason"
          required
          autoFocus
          maxLength={200}
          value={reason}
          onChange={setReason}
          error={confirmed.fieldError("reason")}
        />
        <Failure>{confirmed.error}</Failure>
        <div class="row">
          <Button type="submit" kind="danger" pending={confirmed.pending}>
            {what}
          </Button>
          <Button onClick={onClose}>{texts.common.cancel}</Button>
        </div>
      </Form>
    </Dialog>
  );
};
