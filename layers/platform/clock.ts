/** Where the time comes from. Rules never read it: they are given it. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
