/** Placeholder until the report of equity exists: shows nothing. */
export const EquityCurve = () => null;
