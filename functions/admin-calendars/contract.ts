import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { timeOut } from "../../layers/representation/fields.ts";

const timeOfDay = z.string().meta({ examples: ["09:30"] });

export const listCalendarsContract = contract({
  operationId: "listCalendars",
  summary: "List the market calendars: their hours, their next session and their next holidays.",
  tag: "admin",
  method: "GET",
  path: "/api/v1/admin/calendars",
  access: "admin",
  answers: {
    200: {
      description: "Every calendar, by its code. Times of day are local times of the calendar.",
      schema: z.strictObject({
        calendars: z.array(
          z.strictObject({
            calendar: z.string(),
            time_zone: z.string(),
            opens_at: timeOfDay,
            closes_at: timeOfDay,
            weekdays: z.array(z.int()).meta({ description: "1 is Monday." }),
            known_until: z.string().nullable().meta({
              description: "The last day whose holidays are known; null when no last day is given.",
            }),
            open: z.boolean(),
            next_session: z.strictObject({ opens_at: timeOut, closes_at: timeOut }).nullable(),
            holidays: z
              .array(z.strictObject({ day: z.string(), closes_at: timeOfDay.nullable() }))
              .meta({
                description:
                  "The next ten. `closes_at` is an early close; null means closed all day.",
              }),
          }),
        ),
      }),
    },
  },
  problems: [],
});
