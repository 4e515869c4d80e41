import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { type FaultDesk, openFaultDesk } from "./faults/faults.ts";
import type { StoredCertificate } from "./trust/stored-certificate.ts";

/** All roles that the sandbox's endpoints ask for. */
export const DEFAULT_ROLES: readonly string[] = [
  "ROLE_DEVICE_CONTROL_ADMIN",
  "ROLE_TENANT_MANAGEMENT_ADMIN",
  "ROLE_TENANT_MANAGEMENT_READ",
  "ROLE_TENANT_ADMIN",
  "ROLE_USER_MANAGEMENT_READ",
  "ROLE_USER_MANAGEMENT_OWN_READ",
  "ROLE_IDENTITY_READ",
  "ROLE_INVENTORY_READ",
  "ROLE_OPTION_MANAGEMENT_READ",
  "ROLE_OPTION_MANAGEMENT_ADMIN",
];

export interface SandboxUser {
  readonly userName: string;
  /** Absent for a device that logs in with its certificate. */
  readonly password?: string;
  readonly roles: readonly string[];
  /** ISO 8601. */
  readonly lastPasswordChange: string;
}

/** A device as bulk registration made it. */
export interface SandboxDevice {
  /** The ID cell: its user is `device_<id>`. */
  readonly id: string;
  authType: "BASIC" | "CERTIFICATES";
  /** Absent when the file held credentials only. */
  managedObjectId?: string;
  name: string;
  type: string;
  /** External id type -> value. */
  readonly externalIds: Map<string, string>;
  /** Group paths that the device was added to. */
  readonly paths: Set<string>;
  /** What else the managed object holds. */
  fragments: Record<string, unknown>;
  /** How often a row named it with success. */
  registrations: number;
}

interface SandboxGroup {
  readonly managedObjectId: string;
  readonly name: string;
  /** Of the group above. */
  readonly parentId?: string;
}

/** One request as `GET /sandbox/requests` tells it. */
interface RequestRecord {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** 0 when no status reached the client. */
  readonly status: number;
  /** Kind of the fault that was played, if one was. */
  readonly fault?: string;
  /** Requests under way when this one came, itself included. */
  readonly inFlight?: number;
  /** Of a bulk registration whose work was done: the true counts, whatever the client was told. */
  readonly counts?: BulkCounts;
}

/** One attempt to connect over MQTT, as `GET /sandbox/connections` tells it. */
export interface MqttConnection {
  readonly atMs: number;
  readonly clientId: string;
  readonly clean: boolean;
  /** Whether one was sent. */
  readonly userName: boolean;
  /** Of the CONNACK (MQTT 3.1.1, 3.2.2.3). */
  readonly returnCode: number;
  /** Why, which the client is not told. */
  readonly fault?: string;
}

export interface BulkCounts {
  readonly numberOfAll: number;
  readonly numberOfCreated: number;
  readonly numberOfFailed: number;
  readonly numberOfSuccessful: number;
}

/** Everything the stand-in platform knows. Tests may read and set it directly. */
export interface SandboxState {
  readonly tenant: string;
  readonly domain: string;
  /** By user name; devices' users too. */
  readonly users: Map<string, SandboxUser>;
  /** Bearer token -> user name. */
  readonly tokens: Map<string, string>;
  /** By fingerprint, in the order of upload. */
  readonly certificates: Map<string, StoredCertificate>;
  /** Fingerprints that another tenant of the instance holds. */
  readonly foreignFingerprints: Set<string>;
  /** By id. */
  readonly devices: Map<string, SandboxDevice>;
  /** `externalKey` -> device id. */
  readonly externalIds: Map<string, string>;
  /** By path. */
  readonly groups: Map<string, SandboxGroup>;
  /** Ids of the simple registration that wait for their connection. */
  readonly newDeviceRequests: Set<string>;
  /** Tenant options: category/key -> value. */
  readonly options: Map<string, string>;
  /** Serial number in lower-case hex -> milliseconds since 1970. */
  readonly revocations: Map<string, number>;
  /** Signs the revocation list. */
  readonly crlKey: KeyObject;
  crlNumber: number;
  nextObjectId: number;
  readonly faults: FaultDesk;
  readonly requests: RequestRecord[];
  readonly connections: MqttConnection[];
  readonly nowMs: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

export interface SandboxStateOptions {
  readonly tenant?: string;
  readonly domain?: string;
  /** Of the random numbers that faults with a rate draw. */
  readonly seed?: number;
  readonly nowMs?: () => number;
  readonly randomBytes?: (size: number) => Buffer;
}

/** A platform with nobody and nothing in it. */
export function makeSandboxState(options: SandboxStateOptions = {}): SandboxState {
  return {
    tenant: options.tenant ?? "t0815",
    domain: options.domain ?? "localhost",
    users: new Map(),
    tokens: new Map(),
    certificates: new Map(),
    foreignFingerprints: new Set(),
    devices: new Map(),
    externalIds: new Map(),
    groups: new Map(),
    newDeviceRequests: new Set(),
    options: new Map(),
    revocations: new Map(),
    crlKey: generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey,
    crlNumber: 0,
    nextObjectId: 100_001,
    faults: openFaultDesk(options.seed ?? 1),
    requests: [],
    connections: [],
    nowMs: options.nowMs ?? Date.now,
    randomBytes: options.randomBytes ?? randomBytes,
  };
}

/** The key of an external id in the state's map; types and ids may hold any character but NUL. */
export function externalKey(type: string, value: string): string {
  return `${type}\u0000${value}`;
}
