import { useState } from "preact/hooks";
import {
  type ApiKey,
  createKey,
  type NewApiKey,
  readKeys,
  revokeKey,
  type Scope,
} from "../../api/account.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Copy } from "../../ui/copy.tsx";
import { Button, Checkbox, Field, Form } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Empty, Failure, Loading, Panel, Success, Table, Time } from "../../ui/parts.tsx";

const text = texts.settings;
const SCOPES = ["read", "trade", "transfer"] as const;

type CreateProps = { readonly onCreated: () => void };

/** The fields of the form for a new key; the addresses are one text. */
type Draft = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: string;
  readonly addresses: string;
};

const EMPTY: Draft = { name: "", scopes: ["read"], expiresAt: "", addresses: "" };

/** Omitted fields do not restrict the key: without them it never expires and works from any address. */
const keyOf = ({ name, scopes, expiresAt, addresses }: Draft): NewApiKey => {
  const ips = addresses.split(/[\s,;]+/).filter((address) => address !== "");
  return {
    ...{ name: name.trim(), scopes },
    ...(expiresAt === "" ? {} : { expires_at: new Date(expiresAt).toISOString() }),
    ...(ips.length === 0 ? {} : { allowed_ips: ips }),
  };
};

type RestrictionsProps = {
  readonly draft: Draft;
  readonly onChange: (changes: Partial<Draft>) => void;
  readonly fieldError: (name: string) => string | undefined;
};

const Restrictions = ({ draft, onChange, fieldError }: RestrictionsProps) => (
  <div class="row">
    <Field
      label={text.expires}
      hint={text.expiresHint}
      type="datetime-local"
      value={draft.expiresAt}
      onChange={(expiresAt) => onChange({ expiresAt })}
      error={fieldError("expires_at")}
    />
    <Field
      label={text.allowedIps}
      hint={text.allowedIpsHint}
      maxLength={1_000}
      value={draft.addresses}
      onChange={(addresses) => onChange({ addresses })}
      error={fieldError("allowed_ips")}
    />
  </div>
);

const Create = ({ onCreated }: CreateProps) => {
  const [draft, setDraft] = useState(EMPTY);
  const [key, setKey] = useState<string | undefined>(undefined);
  const change = (changes: Partial<Draft>): void => setDraft({ ...draft, ...changes });
  const create = useAction(async () => {
    setKey(await createKey(keyOf(draft)));
    setDraft(EMPTY);
    onCreated();
  });
  const { name, scopes } = draft;
  const toggle = (scope: Scope, on: boolean): void =>
    change({ scopes: SCOPES.filter((known) => (known === scope ? on : scopes.includes(known))) });
  return (
    <Form label={text.createKey} onSubmit={() => create.run()}>
      <div class="row">
        <Field
          label={text.keyName}
          required
          maxLength={100}
          value={name}
          onChange={(typed) => change({ name: typed })}
          error={create.fieldError("name")}
        />
        <fieldset class="row">
          <legend>{text.keyScopes}</legend>
          {SCOPES.map((scope) => (
            <Checkbox
              key={scope}
              label={text.keyScopesOf[scope]}
              checked={scopes.includes(scope)}
              onChange={(on) => toggle(scope, on)}
            />
          ))}
        </fieldset>
      </div>
      <Restrictions draft={draft} onChange={change} fieldError={create.fieldError} />
      <div>
        <Button
          type="submit"
          kind="primary"
          pending={create.pending}
          disabled={scopes.length === 0}
        >
          {text.createKey}
        </Button>
      </div>
      <Failure>{create.error}</Failure>
      {key !== undefined && (
        <Success>
          {text.keyCreated} <code data-api-key>{key}</code> <Copy what={text.key} text={key} />
        </Success>
      )}
    </Form>
  );
};

type RowProps = { readonly apiKey: ApiKey; readonly onRevoked: () => void };

const Row = ({ apiKey, onRevoked }: RowProps) => {
  const revoke = useAction(async () => {
    await revokeKey(apiKey.key_id);
    onRevoked();
  });
  return (
    <tr>
      <th scope="row">{apiKey.name}</th>
      <td>{apiKey.scopes.map((scope) => text.keyScopesOf[scope]).join(", ")}</td>
      <td>
        <Time at={apiKey.created_at} />
      </td>
      <td>{apiKey.last_used_at === null ? text.never : <Time at={apiKey.last_used_at} />}</td>
      <td>{apiKey.expires_at === null ? text.never : <Time at={apiKey.expires_at} />}</td>
      <td>{apiKey.allowed_ips.length === 0 ? text.anywhere : apiKey.allowed_ips.join(", ")}</td>
      <td class="actions">
        <Button
          kind="danger"
          label={text.revokeNamed(apiKey.name)}
          pending={revoke.pending}
          onClick={() => revoke.run()}
        >
          {text.revoke}
        </Button>
        <Failure>{revoke.error}</Failure>
      </td>
    </tr>
  );
};

const COLUMNS = [
  [text.keyName],
  [text.keyScopes],
  [text.created],
  [text.lastUsed],
  [text.expires],
  [text.allowedIps],
  [texts.trade.orders.columns.actions, "hidden"],
] as const;

/** Keys for programs, shown once when they are made. */
export const ApiKeys = () => {
  const keys = useLoaded(readKeys);
  return (
    <Panel title={text.keys}>
      <Create onCreated={keys.reload} />
      <Failure>{keys.error}</Failure>
      {keys.value === undefined ? (
        keys.error === undefined && <Loading />
      ) : keys.value.length === 0 ? (
        <Empty>{text.noKeys}</Empty>
      ) : (
        <Table label={text.keys} columns={COLUMNS}>
          {keys.value.map((apiKey) => (
            <Row key={apiKey.key_id} apiKey={apiKey} onRevoked={keys.reload} />
          ))}
        </Table>
      )}
    </Panel>
  );
};
