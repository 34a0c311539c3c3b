/** The demo of laptop mode: the clients to log in as, and the addresses of the mail catcher and the API page. */
export type Laptop = {
  readonly clients: readonly { readonly name: string; readonly email: string }[];
  readonly password: string;
  readonly mail_url: string;
  readonly docs_url: string;
};

type Config = { readonly api_key: string; readonly laptop?: Laptop };

const load = async (): Promise<Config> => {
  const response = await fetch("/config.json");
  return response.json();
};

const loaded = await load();

/** The settings of this installation for its page; only the development gateway sets `laptop`. */
export const config: { readonly apiKey: string; readonly laptop: Laptop | undefined } = {
  apiKey: loaded.api_key,
  laptop: loaded.laptop,
};
