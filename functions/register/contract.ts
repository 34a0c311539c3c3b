import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import {
  clientOut,
  dayField,
  emailField,
  nameField,
  newPasswordField,
} from "../../layers/http/identity/identity-fields.ts";

export const registerContract = contract({
  operationId: "register",
  summary: "Sign up (UC-01). The answer is the same whether or not the e-mail is known.",
  tag: "identity",
  method: "POST",
  path: "/api/v1/clients/register",
  access: "public",
  body: z
    .strictObject({
      client: z.strictObject({
        email: emailField,
        password: newPasswordField,
        first_name: nameField,
        last_name: nameField,
        date_of_birth: dayField,
      }),
    })
    .meta({
      examples: [
        {
          client: {
            ...{ email: "ada@example.org", password: "a long and unusual pass phrase" },
            ...{ first_name: "Ada", last_name: "Lovelace", date_of_birth: "1990-12-10" },
          },
        },
      ],
    }),
  answers: {
    201: {
      description: "A mail with a link to confirm the address was sent.",
      schema: clientOut("pending"),
    },
  },
  problems: [],
});
