import { z } from "zod";
import { contract } from "../../layers/http/contract.ts";
import { nameField, profileOut } from "../../layers/http/identity/identity-fields.ts";

const promise = {
  tag: "identity",
  path: "/api/v1/clients/me",
  access: "client",
  answers: { 200: { description: "The client.", schema: profileOut } },
  problems: ["scope_required"],
} as const;

export const getProfileContract = contract({
  ...promise,
  operationId: "getProfile",
  summary: "Read the client's own details.",
  method: "GET",
  scope: "read",
});

export const updateProfileContract = contract({
  ...promise,
  operationId: "updateProfile",
  summary:
    "Change the client's names, or turn mails about orders or about monthly statements on or off.",
  method: "PATCH",
  body: z.strictObject({
    client: z.strictObject({
      first_name: nameField.optional(),
      last_name: nameField.optional(),
      wants_mail: z.boolean().optional(),
    }),
  }),
});
