import { OnboardingError } from "../../domain/error.ts";
import type { Handle, Pkcs11 } from "./pkcs11.ts";
import { ckrOf } from "./pkcs11-error.ts";
import { fitsText, type Pkcs11Uri, trimPadding } from "./pkcs11-uri.ts";

/** A slot with a token in it. */
export interface TokenSlot {
  readonly slot: Handle;
  readonly label: string;
  readonly serial: string;
  readonly manufacturer: string;
  readonly model: string;
  /** CK_TOKEN_INFO's, as they were when the slot was looked for. */
  readonly flags: number;
}

/**
 * The one token that a URI names. None, or several, is `issuer-unusable`; the message lists what is there. A URI
 * without any attribute of a token names the only token of the module.
 */
export function findSlot(pkcs11: Pkcs11, uri: Pkcs11Uri): TokenSlot {
  const all = listTokens(pkcs11);
  const found = isOfLibrary(pkcs11, uri) ? all.filter((token) => fits(pkcs11, uri, token)) : [];
  const [first, second] = found;
  if (first === undefined) {
    const there = all.length === 0 ? "there is none at all" : `there are: ${all.map(nameOf).join(", ")}`;
    throw unusable(`there is no token for ${uri.text}; ${there}; connect it, or correct the URI in authority.yaml`);
  }
  if (second !== undefined) {
    throw unusable(`${uri.text} names several tokens: ${found.map(nameOf).join(", ")}; add serial=… to it`);
  }
  return first;
}

/** All initialised and other tokens of a module; a slot whose token goes while it is looked at is left out. */
function listTokens(pkcs11: Pkcs11): readonly TokenSlot[] {
  return pkcs11.C_GetSlotList(true).flatMap((slot) => {
    try {
      const { label, serialNumber, manufacturerID, model, flags } = pkcs11.C_GetTokenInfo(slot);
      return [
        {
          slot,
          label: trimPadding(label),
          serial: trimPadding(serialNumber),
          manufacturer: trimPadding(manufacturerID),
          model: trimPadding(model),
          flags,
        },
      ];
    } catch (error) {
      if (ckrOf(error) === undefined) throw error;
      return [];
    }
  });
}

function fits(pkcs11: Pkcs11, { token, slot }: Pkcs11Uri, found: TokenSlot): boolean {
  if (slot.id !== undefined && slot.id !== numberOf(found.slot)) return false;
  if (slot.description !== undefined || slot.manufacturer !== undefined) {
    const { slotDescription, manufacturerID } = pkcs11.C_GetSlotInfo(found.slot);
    if (!fitsText(slot.description, slotDescription) || !fitsText(slot.manufacturer, manufacturerID)) return false;
  }
  return (
    fitsText(token.label, found.label) &&
    fitsText(token.serial, found.serial) &&
    fitsText(token.manufacturer, found.manufacturer) &&
    fitsText(token.model, found.model)
  );
}

function isOfLibrary(pkcs11: Pkcs11, { library }: Pkcs11Uri): boolean {
  if (Object.keys(library).length === 0) return true;
  const { manufacturerID, libraryDescription, libraryVersion } = pkcs11.C_GetInfo();
  const version = `${libraryVersion.major}.${libraryVersion.minor}`;
  return (
    fitsText(library.manufacturer, manufacturerID) &&
    fitsText(library.description, libraryDescription) &&
    (library.version === undefined || library.version === version)
  );
}

function nameOf({ label, serial }: TokenSlot): string {
  return `token=${label};serial=${serial}`;
}

/** A CK_ULONG as a number; its octets are in the machine's order, and all machines here begin with the lowest. */
export function numberOf(handle: Handle): bigint {
  return handle.length === 4 ? BigInt(handle.readUInt32LE(0)) : handle.readBigUInt64LE(0);
}

/** The CK_ULONG of a number, as `numberOf` reads it; `octets` is what one of this machine has. */
export function handleOf(number: bigint, octets: number): Handle {
  const handle = Buffer.alloc(octets);
  if (octets === 4) handle.writeUInt32LE(Number(number), 0);
  else handle.writeBigUInt64LE(number, 0);
  return handle;
}

function unusable(message: string): OnboardingError {
  return new OnboardingError(message, { code: "issuer-unusable" });
}
