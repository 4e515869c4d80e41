import { resolve } from "node:path";
import { readForeignFile } from "../../authority/foreign/foreign-file.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { deviceJson } from "../../lookup/device-json.ts";
import { type DeviceQuestion, lookUpDevice } from "../../lookup/look-up-device.ts";
import { publicKeyDigest } from "../../lookup/public-key-digest.ts";
import { readSerialNumber } from "../../x509/serial-number.ts";
import type { LookContext } from "../look-context.ts";
import { deviceText } from "./device-text.ts";

export interface DeviceArguments {
  readonly id?: string | undefined;
  readonly serial?: string | undefined;
  readonly publicKey?: string | undefined;
}

/** `lotmint device`: everything about a device, from the ledger alone. */
export async function runDevice(args: DeviceArguments, context: LookContext): Promise<number> {
  const question = questionOf(args, context.cwd);
  return context.withLedgerToRead(async (ledger) => {
    const devices = await lookUpDevice(ledger, context.home, question);
    const [only, ...others] = devices;
    if (only === undefined) throw await unknownDevice(ledger, question);
    context.printJson(others.length === 0 ? deviceJson(only) : devices.map(deviceJson));
    context.print(devices.map((device) => deviceText(device, context.now(), context)).join("\n"));
    return EXIT.done;
  });
}

function questionOf({ id, serial, publicKey }: DeviceArguments, folder: string): DeviceQuestion {
  const given = [id, serial, publicKey].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw usage("name one device: by its id, with --serial or with --public-key; see lotmint device --help");
  }
  if (serial !== undefined) {
    if (readSerialNumber(serial) !== undefined) return { by: "serial", serialNumber: serial };
    throw usage(`--serial takes a serial number of up to 20 octets in hex, not ${JSON.stringify(serial)}`);
  }
  if (publicKey !== undefined) return { by: "public-key", publicKeySha256: digestOf(publicKey, folder) };
  return { by: "any", text: id ?? "" };
}

/** A digest is taken for one even where a file has that name. */
function digestOf(text: string, folder: string): string {
  const digits = text.replace(/[\s:]/g, "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  const path = resolve(folder, text);
  const digest = publicKeyDigest(readForeignFile(path));
  if (digest !== undefined) return digest;
  throw usage(`${path} holds no public key that can be read: no certificate, request or unencrypted key, PEM or DER`);
}

/** Says what else the ledger knows by that name, such as why a row never became a device. */
async function unknownDevice(ledger: Ledger, question: DeviceQuestion): Promise<OnboardingError> {
  const serial = question.by === "serial" ? question.serialNumber : question.by === "any" ? question.text : undefined;
  const serialNumber = serial === undefined ? undefined : readSerialNumber(serial);
  const certificate = serialNumber === undefined ? undefined : await ledger.certificate(serialNumber);
  if (certificate !== undefined) {
    const { issuer, state, externalId, lot } = certificate;
    const whose =
      externalId === null
        ? `a certificate of ${issuer}'s that is no device's`
        : `device ${externalId} of lot ${lot}, which never came to be`;
    return usage(`no device with serial number ${serialNumber} is known: it is of ${whose} (${state})`);
  }
  if (question.by === "serial") return usage(`no device with serial number ${serialNumber} is known`);
  if (question.by === "public-key") return noHolder(ledger, question.publicKeySha256);
  const id = question.by === "id" ? question.id : question.text;
  const [row] = await ledger.rejectedRows([id]);
  const why = row === undefined ? "" : `: lot ${row.lot} rejected its row on line ${row.line} (${row.reason})`;
  return usage(`no device ${id} is known${why}`);
}

async function noHolder(ledger: Ledger, publicKeySha256: string): Promise<OnboardingError> {
  const [holder] = await ledger.publicKeyHolders([publicKeySha256]);
  const whose =
    holder === undefined
      ? ""
      : `: ${holder.subject ?? "another certificate"}, issued by ${holder.issuer}, has that key`;
  return usage(`no device with the public key ${publicKeySha256} is known${whose}`);
}

function usage(message: string): OnboardingError {
  return new OnboardingError(message, { code: "usage" });
}
