import { encode } from "uqr";

type Props = { readonly content: string; readonly label: string };

/** A QR code as one SVG path, drawn here so that the secret goes to no other program. */
export const QrCode = ({ content, label }: Props) => {
  const { data, size } = encode(content, { border: 2 });
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={path} fill="#000" />
    </svg>
  );
};
