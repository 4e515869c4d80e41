import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** What a visitor may do: look, or act as well. */
export type Role = "operator" | "reader";

export interface PageTokens {
  readonly operator: string;
  /** May look only. */
  readonly reader?: string;
}

/**
 * Tells whose token this is. The time that it takes depends on no character of any token: digests of one length are
 * compared, under a key of this process alone, and all of them each time.
 */
export function tokenRoles(tokens: PageTokens): (token: string) => Role | undefined {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  const operator = digest(tokens.operator);
  // Without a reader's token: nothing that anybody can send.
  const reader = tokens.reader === undefined ? randomBytes(32) : digest(tokens.reader);
  return (token) => {
    const given = digest(token);
    const isOperator = timingSafeEqual(given, operator);
    const isReader = timingSafeEqual(given, reader);
    return isOperator ? "operator" : isReader ? "reader" : undefined;
  };
}
