/** How many characters of the platform's own message are kept. */
const MAX_MESSAGE = 300;

/** Makes a foreign text fit for messages and logs: no credentials, no control characters, at most `MAX_MESSAGE` characters. */
export type Scrub = (text: string) => string;

/**
 * A scrub that knows the credentials in use, in every spelling in which a platform might echo them:
 * plain, escaped for JSON, encoded for an address, and as the Authorization header carries them.
 */
export function makeScrub(secrets: readonly string[]): Scrub {
  const spellings = new Set<string>();
  for (const secret of secrets) {
    if (secret === "") continue;
    for (const spelling of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      spellings.add(spelling);
    }
  }
  // The longest first, so that no remainder of a longer one stays.
  const ordered = [...spellings].sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const spelling of ordered) clean = clean.replaceAll(spelling, "***");
    clean = clean.replace(/\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{8,}/gi, "$1 ***");
    // Controls, and the marks that turn the direction of a line round on a terminal.
    clean = clean
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, " ")
      .replace(/ {2,}/g, " ")
      .trim();
    return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE - 1).toWellFormed()}…` : clean;
  };
}
