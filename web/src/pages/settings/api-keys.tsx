import { useState } from "preact/hooks";
import { type ApiKey, createKey, readKeys, revokeKey, type Scope } from "../../api/account.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button, Checkbox, Field, Form } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Empty, Failure, Loading, Panel, Success, Table, Time } from "../../ui/parts.tsx";

const text = texts.settings;
const SCOPES = ["read", "trade", "transfer"] as const;

type CreateProps = { readonly onCreated: () => void };

const Create = ({ onCreated }: CreateProps) => {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [key, setKey] = useState<string | undefined>(undefined);
  const create = useAction(async () => {
    setKey(await createKey(name.trim(), scopes));
    setName("");
    onCreated();
  });
  const toggle = (scope: Scope, on: boolean): void =>
    setScopes(SCOPES.filter((known) => (known === scope ? on : scopes.includes(known))));
  return (
    <Form label={text.createKey} onSubmit={() => create.run()}>
      <div class="row">
        <Field
          label={text.keyName}
          required
          maxLength={100}
          value={name}
          onChange={setName}
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
          {text.keyCreated} <code data-api-key>{key}</code>
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
