import { loadSecrets } from "../launcher/state.ts";

/** The database URL of the owner of this laptop's database, from the URL of one of its services. */
export const ownerUrl = async (folder: string, serviceUrl: string): Promise<string> => {
  const url = new URL(serviceUrl);
  url.username = "brokerx_owner";
  url.password = (await loadSecrets(folder)).ownerPassword;
  return url.href;
};
