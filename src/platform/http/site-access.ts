import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { inputError } from "../../disk/disk-error.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { PlatformSite } from "../../domain/job.ts";

/** How lotmint logs in: a token, or a user with a password. */
export interface PlatformCredentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

/** The base address of the platform. Plain HTTP is for this machine only, since the credentials go with it. Throws `usage`. */
export function readAddress(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(base?.hostname ?? "");
  if (base === undefined || (base.protocol !== "https:" && !(base.protocol === "http:" && loopback))) {
    throw new OnboardingError(`platform.url ${url} is not an https address, such as https://tenant.example.com`, {
      code: "usage",
    });
  }
  if (base.username !== "" || base.password !== "") {
    throw new OnboardingError(
      "platform.url must not hold credentials; use platform.user and LOTMINT_PLATFORM_PASSWORD",
      {
        code: "usage",
      },
    );
  }
  return base;
}

/** The PEM text of a private CA, named by the site's key `key`. Throws `usage` when there is none in it. */
export function readCaFile(path: string, key = "platform.caFile"): string {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (cause) {
    throw inputError(cause, path, `${key}: there is no file`);
  }
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new OnboardingError(`${key} ${path} holds no certificate in PEM form`, { code: "usage", cause });
  }
  return pem;
}

/** The Authorization header, and all secrets in it. A token goes before a password. Throws `usage` when there is neither. */
export function makeLogin(
  site: PlatformSite,
  { user = site.user, password, token }: PlatformCredentials,
): { readonly authorization: string; readonly secrets: readonly string[] } {
  if (token !== undefined && token !== "") return { authorization: `Bearer ${token}`, secrets: [token] };
  if (user === undefined || user === "" || password === undefined || password === "") {
    throw new OnboardingError(
      "no credentials for the platform; set LOTMINT_PLATFORM_PASSWORD (or _FILE) and platform.user, or LOTMINT_PLATFORM_TOKEN (or _FILE)",
      { code: "usage" },
    );
  }
  const name = site.tenant === undefined || user.includes("/") ? user : `${site.tenant}/${user}`;
  const basic = Buffer.from(`${name}:${password}`, "utf8").toString("base64");
  return { authorization: `Basic ${basic}`, secrets: [password, basic] };
}
