/** A secret and where it may stand in the clear: file names that the pattern matches. */
export interface Secret {
  readonly name: string;
  readonly octets: Buffer;
  readonly allowed?: RegExp;
}

/** Some bytes that the program has written, and what they are called. */
export interface Written {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * Every place where a secret stands, in whatever spelling: as it is, in UTF-16, in hex, in base64 beside anything
 * else, escaped for JSON or an address.
 */
export function findSecrets(secrets: readonly Secret[], written: readonly Written[]): string[] {
  return secrets.flatMap((secret) => {
    const spelled = spellings(secret.octets);
    return written
      .filter(({ name }) => secret.allowed?.test(name) !== true)
      .flatMap(({ name, content }) =>
        spelled.some((spelling) => content.includes(spelling)) ? [`${secret.name} stands in ${name}`] : [],
      );
  });
}

/** What an octet string may look like in a file. */
function spellings(octets: Buffer): readonly Buffer[] {
  const text = octets.toString("utf8");
  const isText = Buffer.from(text).equals(octets);
  const hex = octets.toString("hex");
  const spelled = [octets, Buffer.from(hex), Buffer.from(hex.toUpperCase())];
  spelled.push(...[0, 1, 2].flatMap((shift) => base64Core(octets, shift)).map((core) => Buffer.from(core)));
  if (isText) {
    const utf16 = Buffer.from(text, "utf16le");
    spelled.push(utf16, Buffer.from(utf16).swap16());
    spelled.push(Buffer.from(encodeURIComponent(text)), Buffer.from(JSON.stringify(text).slice(1, -1)));
  }
  return spelled;
}

/** The letters of base64, in both alphabets, that hold nothing but these octets when `shift` others stand before them. */
function base64Core(octets: Buffer, shift: number): readonly string[] {
  const whole = Buffer.concat([Buffer.alloc(shift), octets]);
  const from = Math.ceil((shift * 4) / 3);
  const to = Math.floor((whole.length * 8) / 6);
  return (["base64", "base64url"] as const).map((alphabet) => whole.toString(alphabet).slice(from, to));
}
