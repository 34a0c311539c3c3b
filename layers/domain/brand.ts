declare const brand: unique symbol;

/** A value that only its constructor can create, so that two kinds of number cannot be mixed up. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
