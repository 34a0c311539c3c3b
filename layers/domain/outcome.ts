/**
 * The result of a rule: the decision, or the refusal that names the condition. Rules never throw.
 */
export type Outcome<Value, Refusal> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Refusal };

/** The rule accepts. */
export const accept = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({
  ok: true,
  value,
});

/** The rule refuses, with the reason. */
export const refuse = <Refusal>(
  failure: Refusal,
): { readonly ok: false; readonly failure: Refusal } => ({ ok: false, failure });
