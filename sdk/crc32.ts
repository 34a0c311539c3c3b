const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1)
    value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The CRC-32 of zlib and PNG over a text of ASCII characters, as an unsigned number. */
export const crc32 = (text: string): number => {
  let value = 0xffffffff;
  for (let index = 0; index < text.length; index += 1)
    value = (value >>> 8) ^ (TABLE[(value ^ text.charCodeAt(index)) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
};
