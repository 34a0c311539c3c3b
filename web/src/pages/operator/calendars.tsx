import { type paths, unwrap } from "../../../../sdk/index.ts";
import { brokerx } from "../../api/brokerx.ts";
import { minute } from "../../format.ts";
import { texts } from "../../texts.ts";
import { useLoaded } from "../../ui/loaded.ts";
import { Failure, Loading, Panel, Table } from "../../ui/parts.tsx";

const text = texts.operator.calendars;

export type Calendar =
  paths["/api/v1/admin/calendars"]["get"]["responses"]["200"]["content"]["application/json"]["calendars"][number];

export const readCalendars = async (): Promise<readonly Calendar[]> =>
  (await unwrap(brokerx.api.GET("/api/v1/admin/calendars"))).calendars;

const COLUMNS = [
  [texts.operator.calendar],
  [text.hours],
  [text.zone],
  [text.days],
  [text.now],
  [text.next],
  [text.holidays],
  [text.knownUntil],
] as const;

const daysOf = ({ weekdays }: Calendar): string =>
  weekdays.length === 7
    ? text.everyDay
    : weekdays.map((day) => text.weekdays[day - 1] ?? day).join(", ");

const holidaysOf = ({ holidays }: Calendar): string =>
  holidays
    .slice(0, 2)
    .map(({ day, closes_at }) => (closes_at === null ? day : text.early(day, closes_at)))
    .join(", ");

const Row = ({ calendar }: { readonly calendar: Calendar }) => (
  <tr>
    <th scope="row">{calendar.calendar}</th>
    <td>
      {calendar.opens_at}–{calendar.closes_at}
    </td>
    <td>{calendar.time_zone}</td>
    <td>{daysOf(calendar)}</td>
    <td>
      <span class={`badge ${calendar.open ? "live" : "closed"}`}>
        {calendar.open ? text.open : text.closed}
      </span>
    </td>
    <td>
      {calendar.next_session === null ? texts.common.none : minute(calendar.next_session.opens_at)}
    </td>
    <td>{holidaysOf(calendar) || texts.common.none}</td>
    <td>{calendar.known_until ?? texts.common.none}</td>
  </tr>
);

/** When the markets are open. Calendars are added in the database, not here. */
export const Calendars = () => {
  const calendars = useLoaded(readCalendars);
  return (
    <Panel title={text.title}>
      <Failure>{calendars.error}</Failure>
      {calendars.value === undefined ? (
        calendars.error === undefined && <Loading />
      ) : (
        <Table label={text.title} columns={COLUMNS}>
          {calendars.value.map((calendar) => (
            <Row key={calendar.calendar} calendar={calendar} />
          ))}
        </Table>
      )}
    </Panel>
  );
};
