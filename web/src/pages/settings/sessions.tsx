import { endOtherSessions, endSession, readSessions, type SessionOut } from "../../api/account.ts";
import { deviceOf } from "../../device.ts";
import { texts } from "../../texts.ts";
import { useAction } from "../../ui/action.ts";
import { Button } from "../../ui/form.tsx";
import { useLoaded } from "../../ui/loaded.ts";
import { Empty, Failure, Loading, Panel, Table, Time } from "../../ui/parts.tsx";

const text = texts.settings;

type RowProps = { readonly session: SessionOut; readonly onEnded: () => void };

const Row = ({ session, onEnded }: RowProps) => {
  const end = useAction(async () => {
    await endSession(session.session_id);
    onEnded();
  });
  const device = deviceOf(session.user_agent) ?? texts.common.none;
  return (
    <tr>
      <td title={session.user_agent}>{device}</td>
      <td>{session.address}</td>
      <td>
        <Time at={session.created_at} />
      </td>
      <td>
        <Time at={session.last_used_at} />
      </td>
      <td class="actions">
        {session.current ? (
          <span class="badge live">{text.thisSession}</span>
        ) : (
          <Button
            kind="danger"
            label={text.endNamed(device)}
            pending={end.pending}
            onClick={() => end.run()}
          >
            {text.endSession}
          </Button>
        )}
        <Failure>{end.error}</Failure>
      </td>
    </tr>
  );
};

const COLUMNS = [
  [text.device],
  [text.address],
  [text.created],
  [text.lastUsed],
  [texts.trade.orders.columns.actions, "hidden"],
] as const;

/** The places where the client is logged in, each with a button that ends the session. */
export const Sessions = () => {
  const sessions = useLoaded(readSessions);
  const endOthers = useAction(async () => {
    await endOtherSessions();
    sessions.reload();
  });
  return (
    <Panel
      title={text.sessions}
      aside={
        <Button kind="danger" pending={endOthers.pending} onClick={() => endOthers.run()}>
          {text.endOthers}
        </Button>
      }
    >
      <Failure>{sessions.error ?? endOthers.error}</Failure>
      {sessions.value === undefined ? (
        sessions.error === undefined && <Loading />
      ) : sessions.value.length === 0 ? (
        <Empty>{text.noSessions}</Empty>
      ) : (
        <Table label={text.sessions} columns={COLUMNS}>
          {sessions.value.map((session) => (
            <Row key={session.session_id} session={session} onEnded={sessions.reload} />
          ))}
        </Table>
      )}
    </Panel>
  );
};
