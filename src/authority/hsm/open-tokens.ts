import { OnboardingError } from "../../domain/error.ts";
import type { HsmSite } from "../../domain/hsm.ts";
import { findSlot, type TokenSlot } from "./find-slot.ts";
import { login, makePinMemory, type PinSource } from "./login.ts";
import { CK, findPkcs11Package, loadPkcs11, type Pkcs11 } from "./pkcs11.ts";
import { CKR, ckrOf } from "./pkcs11-error.ts";
import type { Pkcs11Uri } from "./pkcs11-uri.ts";
import { openToken, type Token } from "./token.ts";
import { asTokenError } from "./token-error.ts";

/** The tokens of a site's PKCS#11 module. Nothing is loaded before the first of them is asked for. */
export interface Tokens {
  /**
   * The token that a URI names, logged in once in this process. Throws `issuer-unusable` where it is not there or does
   * not let us in, `usage` where the module cannot be loaded or no PIN is given.
   */
  open(uri: Pkcs11Uri, pin: PinSource): Promise<Token>;
  /** What a URI names, without logging in: the token itself. Errors as `open`. */
  look(uri: Pkcs11Uri): TokenSlot;
  /** Logs out by closing the module. Only when no thread signs any more. */
  close(): void;
}

interface LoadedModule {
  readonly packageFile: string;
  readonly pkcs11: Pkcs11;
  /** False: somebody else in this process has initialised the module, and ends it. */
  readonly isOurs: boolean;
}

/** Tokens of the module that lotmint.yaml names. */
export function openTokens(hsm: HsmSite): Tokens {
  let loaded: LoadedModule | undefined;
  const opened = new Map<string, Promise<Token>>();
  const inUse = new Set<Token>();
  const pins = makePinMemory();
  const moduleOf = () => {
    loaded ??= initialize(hsm);
    return loaded;
  };
  const look = (uri: Pkcs11Uri) => asUnusable(hsm.module, () => findSlot(moduleOf().pkcs11, uri));
  return {
    look,
    open: (uri, pin) => {
      const slot = look(uri);
      const name = `${slot.serial}\n${slot.label}`;
      const known = opened.get(name);
      if (known !== undefined) return known;
      const { pkcs11, packageFile } = moduleOf();
      const opening = login(pkcs11, slot, pin, pins).then((loggedIn) => {
        const initialize = () => restart(pkcs11, hsm);
        const token = openToken(pkcs11, { hsm, packageFile, slot, loggedIn, initialize });
        inUse.add(token);
        return token;
      });
      opened.set(name, opening);
      // Whoever comes next may have another PIN.
      opening.catch(() => opened.delete(name));
      return opening;
    },
    close: () => {
      for (const token of inUse) token.close();
      inUse.clear();
      opened.clear();
      if (loaded?.isOurs === true) ignoreErrors(loaded.pkcs11.C_Finalize.bind(loaded.pkcs11));
      loaded = undefined;
    },
  };
}

function initialize(hsm: HsmSite): LoadedModule {
  const packageFile = findPkcs11Package();
  const pkcs11 = loadPkcs11(hsm.module, packageFile);
  try {
    start(pkcs11, hsm);
    return { pkcs11, packageFile, isOurs: true };
  } catch (error) {
    const code = ckrOf(error);
    if (code === CKR.CRYPTOKI_ALREADY_INITIALIZED) return { pkcs11, packageFile, isOurs: false };
    if (code === undefined) throw error;
    throw new OnboardingError(
      `the PKCS#11 module ${hsm.module} does not start (${ckrName(error)}); check its own configuration, and hsm.initArgs in lotmint.yaml`,
      { code: "issuer-unusable", cause: error },
    );
  }
}

/** After CKR_CRYPTOKI_NOT_INITIALIZED. */
function restart(pkcs11: Pkcs11, hsm: HsmSite): void {
  try {
    start(pkcs11, hsm);
  } catch (error) {
    if (ckrOf(error) !== CKR.CRYPTOKI_ALREADY_INITIALIZED) throw error;
  }
}

function start(pkcs11: Pkcs11, { initArgs }: HsmSite): void {
  const flags = CK.CKF_OS_LOCKING_OK;
  // pkcs11js leaves out the last character of the parameters: a blank is added for that.
  pkcs11.C_Initialize(initArgs === undefined ? { flags } : { flags, libraryParameters: `${initArgs} ` });
}

function ckrName(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function asUnusable<T>(module: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asTokenError(module, error);
  }
}

function ignoreErrors(act: () => void): void {
  try {
    act();
  } catch {
    // The process ends anyway.
  }
}
