import { BlockList, isIP } from "node:net";

const CIDR = /^([0-9a-fA-F.:]{2,45})(?:\/([0-9]{1,3}))?$/;

/**
 * Reads a network in CIDR notation, or a single address, as `203.0.113.0/24`; undefined for any
 * other text.
 */
export const parseNetwork = (text: string): string | undefined => {
  const [, address = "", prefix] = CIDR.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return undefined;
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  return length <= bits ? `${address.toLowerCase()}/${length}` : undefined;
};

/** A block list of networks from {@link parseNetwork}, to compare addresses with. */
export const createNetworks = (
  networks: readonly string[],
): { readonly has: (address: string) => boolean } => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix = ""] = network.split("/");
    list.addSubnet(address, Number(prefix), isIP(address) === 4 ? "ipv4" : "ipv6");
  }
  return {
    has: (address) => {
      const family = isIP(address);
      return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
    },
  };
};
