import { useState } from "preact/hooks";
import { type components, unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { words } from "../../format.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { ConfirmWithReason } from "../../ui/confirm.tsx";
import { Button, Field, Form } from "../../ui/form.tsx";
import { Empty, Failure, Panel, Table, Time } from "../../ui/parts.tsx";
import { ClientDetails } from "./client-details.tsx";

const text = texts.operator;

export type OperatorClient = components["schemas"]["OperatorClient"];

const FOUND_MAX = 20;

const search = async (email: string): Promise<readonly OperatorClient[]> => {
  const query = { limit: FOUND_MAX, ...(email === "" ? {} : { email }) };
  const page = await unwrap(brokerx.api.GET("/api/v1/admin/clients", { params: { query } }));
  return page.clients;
};

const setSuspended = (id: string, suspended: boolean, reason: string) => {
  const request = { params: { path: { client_id: id } }, body: { reason } };
  return suspended
    ? unwrap(brokerx.api.POST("/api/v1/admin/clients/{client_id}/suspend", request))
    : unwrap(brokerx.api.POST("/api/v1/admin/clients/{client_id}/reactivate", request));
};

type RowProps = {
  readonly client: OperatorClient;
  readonly onShow: () => void;
  readonly onChange: () => void;
};

const Row = ({ client, onShow, onChange }: RowProps) => {
  const [asking, setAsking] = useState(false);
  const active = client.status === "active";
  const act = active ? text.suspend : text.reinstate;
  return (
    <tr>
      <th scope="row">{client.email}</th>
      <td>{client.full_name}</td>
      <td>
        <span class={`badge ${active ? "live" : "halted"}`}>{words(client.status)}</span>
        {client.status === "pending" && client.email_confirmed && (
          <span class="muted"> {text.emailConfirmed}</span>
        )}
      </td>
      <td>
        <Time at={client.created_at} />
      </td>
      <td class="actions">
        <Button label={text.actNamed(text.details, client.email)} onClick={onShow}>
          {text.details}
        </Button>
        {(active || client.status === "suspended") && (
          <Button
            kind={active ? "danger" : "plain"}
            label={text.actNamed(act, client.email)}
            onClick={() => setAsking(true)}
          >
            {act}
          </Button>
        )}
        {asking && (
          <ConfirmWithReason
            what={text.actNamed(act, client.email)}
            warning={active ? text.suspendWarning : undefined}
            act={async (reason) => {
              await setSuspended(client.client_id, active, reason);
              onChange();
            }}
            onClose={() => setAsking(false)}
          />
        )}
      </td>
    </tr>
  );
};

const COLUMNS = [
  [text.columns.email],
  [text.columns.name],
  [text.columns.status],
  [text.columns.since],
  [text.columns.actions, "hidden"],
] as const;

/** Finds clients by e-mail, to look at them, suspend them and adjust what they own. */
export const Clients = () => {
  const [email, setEmail] = useState("");
  const [found, setFound] = useState<readonly OperatorClient[] | undefined>(undefined);
  const [shown, setShown] = useState<string | undefined>(undefined);
  const find = useAction(async () => setFound(await search(email.trim())));
  return (
    <Panel title={text.clients}>
      <Form label={text.find} onSubmit={() => find.run()}>
        <div class="row">
          <Field label={text.find} type="search" value={email} onChange={setEmail} />
          <Button type="submit" kind="primary" pending={find.pending}>
            {text.search}
          </Button>
        </div>
        <Failure>{find.error}</Failure>
      </Form>
      {found !== undefined &&
        (found.length === 0 ? (
          <Empty>{text.noClients}</Empty>
        ) : (
          <Table label={text.clients} columns={COLUMNS}>
            {found.map((client) => (
              <Row
                key={client.client_id}
                client={client}
                onShow={() => setShown(client.client_id)}
                onChange={() => find.run()}
              />
            ))}
          </Table>
        ))}
      {shown && <ClientDetails key={shown} id={shown} onClose={() => setShown(undefined)} />}
    </Panel>
  );
};
