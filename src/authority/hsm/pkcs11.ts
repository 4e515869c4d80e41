import { createRequire } from "node:module";
import { dirname } from "node:path";
import { OnboardingError } from "../../domain/error.ts";

/** A CK_ULONG: of a slot, a session or an object. */
export type Handle = Buffer;

export interface Attribute {
  readonly type: number;
  readonly value?: number | boolean | string | Buffer;
}

/** What lotmint calls of PKCS#11 (version 2.40), as pkcs11js has it. An error has the CKR value in `code`. */
export interface Pkcs11 {
  load(path: string): void;
  C_Initialize(options: { readonly flags: number; readonly libraryParameters?: string }): void;
  C_Finalize(): void;
  C_GetInfo(): {
    readonly manufacturerID: string;
    readonly libraryDescription: string;
    readonly libraryVersion: { readonly major: number; readonly minor: number };
  };
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetSlotInfo(slot: Handle): { readonly slotDescription: string; readonly manufacturerID: string };
  C_GetTokenInfo(slot: Handle): {
    readonly label: string;
    readonly manufacturerID: string;
    readonly model: string;
    readonly serialNumber: string;
    readonly flags: number;
  };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_GetSessionInfo(session: Handle): { readonly state: number };
  C_Login(session: Handle, userType: number, pin?: string): void;
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void;
  C_FindObjects(session: Handle, most: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: readonly Attribute[],
  ): { readonly type: number; readonly value: Buffer }[];
  C_GenerateKeyPair(
    session: Handle,
    mechanism: { readonly mechanism: number },
    publicKey: readonly Attribute[],
    privateKey: readonly Attribute[],
  ): { readonly publicKey: Handle; readonly privateKey: Handle };
  C_DestroyObject(session: Handle, object: Handle): void;
  C_SignInit(session: Handle, mechanism: { readonly mechanism: number }, key: Handle): void;
  C_Sign(session: Handle, data: Buffer, signature: Buffer): Buffer;
}

/** Constants of PKCS#11 2.40 (pkcs11t.h). */
export const CK = {
  CKF_OS_LOCKING_OK: 0x2,
  CKF_RW_SESSION: 0x2,
  CKF_SERIAL_SESSION: 0x4,
  CKU_USER: 1,
  CKS_RO_USER_FUNCTIONS: 1,
  CKS_RW_USER_FUNCTIONS: 3,
  CKO_PUBLIC_KEY: 2,
  CKO_PRIVATE_KEY: 3,
  CKK_RSA: 0,
  CKK_EC: 3,
  CKA_CLASS: 0x0,
  CKA_TOKEN: 0x1,
  CKA_PRIVATE: 0x2,
  CKA_LABEL: 0x3,
  CKA_KEY_TYPE: 0x100,
  CKA_ID: 0x102,
  CKA_SENSITIVE: 0x103,
  CKA_DECRYPT: 0x105,
  CKA_UNWRAP: 0x107,
  CKA_SIGN: 0x108,
  CKA_VERIFY: 0x10a,
  CKA_DERIVE: 0x10c,
  CKA_MODULUS: 0x120,
  CKA_MODULUS_BITS: 0x121,
  CKA_PUBLIC_EXPONENT: 0x122,
  CKA_EXTRACTABLE: 0x162,
  CKA_EC_PARAMS: 0x180,
  CKA_EC_POINT: 0x181,
  CKM_RSA_PKCS_KEY_PAIR_GEN: 0x0,
  CKM_RSA_PKCS: 0x1,
  CKM_EC_KEY_PAIR_GEN: 0x1040,
  CKM_ECDSA: 0x1041,
} as const;

/** Flags of CK_TOKEN_INFO. */
export const TOKEN_FLAG = {
  LOGIN_REQUIRED: 0x4,
  USER_PIN_INITIALIZED: 0x8,
  PROTECTED_AUTHENTICATION_PATH: 0x100,
  TOKEN_INITIALIZED: 0x400,
  USER_PIN_COUNT_LOW: 0x10000,
  USER_PIN_FINAL_TRY: 0x20000,
  USER_PIN_LOCKED: 0x40000,
} as const;

/** The package that reaches PKCS#11 modules, in the version that lotmint is tested with. */
const PACKAGE = "pkcs11js@2.1.7";

/** The file of the package pkcs11js, found as `require` finds packages. Throws `usage` where it is missing: nothing else needs it. */
export function findPkcs11Package(require: NodeJS.Require = createRequire(import.meta.url)): string {
  try {
    return require.resolve("pkcs11js");
  } catch (cause) {
    throw new OnboardingError(
      `keys in a token need the package pkcs11js, which is not installed; add it beside lotmint: npm install --global --allow-scripts=pkcs11js ${PACKAGE} (in a checkout: npm install --no-save ${PACKAGE})`,
      { code: "usage", cause },
    );
  }
}

/**
 * Loads a PKCS#11 module (a shared library) for the calling thread; a second time in a process that is the same library.
 * It is not initialised. Throws `usage` where the library cannot be loaded, or pkcs11js itself.
 */
export function loadPkcs11(modulePath: string, packageFile: string): Pkcs11 {
  let pkcs11: Pkcs11;
  try {
    const { PKCS11 } = createRequire(import.meta.url)(packageFile) as { readonly PKCS11: new () => Pkcs11 };
    pkcs11 = new PKCS11();
  } catch (cause) {
    throw new OnboardingError(
      `the package pkcs11js in ${dirname(packageFile)} does not run here (${firstLineOf(cause)}); build it for this machine: npm rebuild pkcs11js`,
      { code: "usage", cause },
    );
  }
  try {
    pkcs11.load(modulePath);
  } catch (cause) {
    throw new OnboardingError(
      `the PKCS#11 module ${modulePath} cannot be loaded (${firstLineOf(cause)}); correct hsm.module in lotmint.yaml, or install the module`,
      { code: "usage", cause },
    );
  }
  return pkcs11;
}

/** The first line: what `require` throws has many. */
function firstLineOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? "";
}
