/** The source of the time. Rules never read it; the time is an argument. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
