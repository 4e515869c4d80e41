/**
 * The folder of what the page sends as it is. This file stands beside it in the sources, and the bundle's files do so too
 * (scripts/build/bundle-program.ts).
 */
export const PAGE_ASSETS = new URL("./assets/", import.meta.url);
