import { signal } from "@preact/signals";
import { BrokerXError } from "../../../sdk/index.ts";

type Asked = { readonly resolve: () => void; readonly reject: (reason: unknown) => void };

/** The request for a code that an action waits for; the step-up dialog is shown while it is set. */
export const stepUpAsked = signal<Asked | undefined>(undefined);

const isStepUpRequired = (error: unknown): boolean =>
  error instanceof BrokerXError && error.code === "step_up_required";

const askForCode = (): Promise<void> =>
  new Promise((resolve, reject) => {
    stepUpAsked.value = {
      resolve: () => {
        stepUpAsked.value = undefined;
        resolve();
      },
      reject: (reason) => {
        stepUpAsked.value = undefined;
        reject(reason);
      },
    };
  });

/** Runs an action; when the API asks for a recent login, asks the person for a code and runs it again. */
export const withStepUp = async <T>(act: () => Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    if (!isStepUpRequired(error)) throw error;
    await askForCode().catch(() => {
      throw error; // the dialog was closed: the refusal stands
    });
    return act();
  }
};
