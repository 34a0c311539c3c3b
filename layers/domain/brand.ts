declare const brand: unique symbol;

/** A value that only its own constructor can make, so that two kinds of number cannot be mixed. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
