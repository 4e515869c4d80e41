/** A lot is known by its name. The longest name, in characters, that leaves room for the names built on it. */
export const MAX_LOT_NAME = 100;
