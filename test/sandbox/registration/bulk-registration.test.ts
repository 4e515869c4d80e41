import { describe, expect, test } from "vitest";
import { bodyOf, messageOf, mountSandbox } from "../mount-sandbox.ts";

/** The example file of the platform's API text. */
const EXAMPLE = `ID;CREDENTIALS;TYPE;NAME;ICCID;IDTYPE;PATH;SHELL
id_101;AbcD1234!1234AbcD;type_of_device;Device 101;111111111;;csv device/subgroup0;1
id_102;AbcD1234!1234AbcD;type_of_device;Device 102;222222222;;csv device/subgroup0;0
id_111;AbcD1234!1234AbcD;type_of_device;Device 111;333333333;c8y_Imei;csv device1/subgroup1;0
id_112;AbcD1234!1234AbcD;type_of_device;Device 112;444444444;;csv device1/subgroup1;1
id_121;AbcD1234!1234AbcD;type_of_device;Device 121;555555555;;csv device1/subgroup2;1
id_122;AbcD1234!1234AbcD;type_of_device;Device 122;;;csv device1/subgroup2;
id_131;AbcD1234!1234AbcD;type_of_device;Device 131;;;csv device1/subgroup3;
`;

const FULL = "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME";

describe("devices", () => {
  test("the example of the API text makes seven devices with their users, external ids and groups", () => {
    const { state, register } = mountSandbox();
    const answer = register(EXAMPLE);
    expect(answer.status).toBe(201);
    expect(bodyOf(answer)).toEqual({
      numberOfAll: 7,
      numberOfCreated: 7,
      numberOfFailed: 0,
      numberOfSuccessful: 7,
      credentialUpdatedList: [],
      failedCreationList: [],
    });
    expect([...state.devices.keys()]).toHaveLength(7);
    expect(state.devices.get("id_101")).toMatchObject({
      name: "Device 101",
      type: "type_of_device",
      authType: "BASIC",
      externalIds: new Map([["c8y_Serial", "id_101"]]),
      paths: new Set(["csv device/subgroup0"]),
      fragments: { c8y_Mobile: { iccid: "111111111" }, c8y_SupportedOperations: ["c8y_Command"] },
    });
    expect(state.devices.get("id_111")?.externalIds).toEqual(new Map([["c8y_Imei", "id_111"]]));
    expect(Object.keys(state.devices.get("id_122")?.fragments ?? {})).toEqual(["c8y_IsDevice"]);
    expect([...state.groups.keys()]).toEqual([
      "csv device",
      "csv device/subgroup0",
      "csv device1",
      "csv device1/subgroup1",
      "csv device1/subgroup2",
      "csv device1/subgroup3",
    ]);
    expect(state.groups.get("csv device1/subgroup3")?.parentId).toBe(state.groups.get("csv device1")?.managedObjectId);
  });

  test.each([
    ["semicolon", ";"],
    ["comma", ","],
    ["tab", "\t"],
  ])("the separator is found: %s", (_, separator) => {
    const { state, register } = mountSandbox();
    expect(bodyOf(register(EXAMPLE.replaceAll(";", separator)))["numberOfCreated"]).toBe(7);
    expect(state.devices.get("id_121")?.name).toBe("Device 121");
  });

  test("the header says which column is which, whatever the order, and may be quoted", () => {
    const { state, register } = mountSandbox();
    register('"NAME";"AUTH_TYPE";"TYPE";"ID"\r\nPump 1;CERTIFICATES;c8y_Pump;p-1\r\n');
    expect(state.devices.get("p-1")).toMatchObject({ name: "Pump 1", type: "c8y_Pump", authType: "CERTIFICATES" });
  });

  test("rows with CERTIFICATES and with BASIC stand in one file; only the latter can log in with a password", () => {
    const { state, register } = mountSandbox();
    expect(bodyOf(register(`${FULL}\na;CERTIFICATES;;t;n\nb;BASIC;AbcD1234;;\nc;;AbcD1234;t;n\n`))).toMatchObject({
      numberOfAll: 3,
      numberOfCreated: 3,
    });
    expect(state.users.get("device_a")).not.toHaveProperty("password");
    expect(state.users.get("device_b")?.password).toBe("AbcD1234");
    expect(state.devices.get("c")?.authType).toBe("BASIC");
  });

  test("custom properties become texts, dotted headers objects, and braces stay text", () => {
    const { state, register } = mountSandbox();
    register(
      `${FULL};com_cumulocity_model_Agent.active;acme.site.hall;acme.site.row;note\na;CERTIFICATES;;t;n;true;H3;7;{}\n`,
    );
    expect(JSON.parse(JSON.stringify(state.devices.get("a")?.fragments))).toEqual({
      c8y_IsDevice: {},
      com_cumulocity_model_Agent: { active: "true" },
      acme: { site: { hall: "H3", row: "7" } },
      note: "{}",
    });
  });

  test("external- columns bind additional external ids", () => {
    const { state, ask, register } = mountSandbox();
    register(`${FULL};external-c8y_Imei;external-acme\na;CERTIFICATES;;t;n;4711;\n`);
    expect(state.devices.get("a")?.externalIds).toEqual(
      new Map([
        ["c8y_Serial", "a"],
        ["c8y_Imei", "4711"],
      ]),
    );
    expect(ask("GET", "/identity/externalIds/c8y_Imei/4711").status).toBe(200);
  });

  test("an id that is there already is overwritten and told as updated", () => {
    const { state, register } = mountSandbox();
    register(`${FULL};colour\na;BASIC;AbcD1234;t;Old;red\n`);
    const answer = bodyOf(register(`${FULL};size\na;CERTIFICATES;;t;New;9\nb;CERTIFICATES;;t;n;9\n`));
    expect(answer).toMatchObject({
      numberOfAll: 2,
      numberOfCreated: 1,
      numberOfSuccessful: 2,
      credentialUpdatedList: [{ bulkNewDeviceStatus: "CREDENTIAL_UPDATED", deviceId: "a" }],
    });
    expect(state.devices.get("a")).toMatchObject({ name: "New", authType: "CERTIFICATES", registrations: 2 });
    expect(Object.keys(state.devices.get("a")?.fragments ?? {})).not.toContain("colour");
    expect(state.users.get("device_a")).not.toHaveProperty("password");
  });

  test("a file with credentials only makes users and no managed objects", () => {
    const { state, ask, register } = mountSandbox();
    expect(bodyOf(register("ID;CREDENTIALS\na;AbcD1234\n"))["numberOfCreated"]).toBe(1);
    expect(state.users.has("device_a")).toBe(true);
    expect(ask("GET", "/identity/externalIds/c8y_Serial/a").status).toBe(404);
  });

  test("the simple form makes requests that wait, once for each id", () => {
    const { state, register } = mountSandbox();
    register("ID;CREDENTIALS\nknown;AbcD1234\n");
    expect(bodyOf(register("ID;PATH\na;hall/3\nb;\n"))["numberOfCreated"]).toBe(2);
    expect([...state.newDeviceRequests]).toEqual(["a", "b"]);
    expect(state.groups.has("hall/3")).toBe(true);
    const reasons = failures(bodyOf(register("ID\na\nknown\n"))).map((row) => row["failureReason"]);
    expect(reasons).toEqual([
      "NewDeviceRequest for id = a already exists.",
      "Device known already registered to a tenant.",
    ]);
  });

  test("the full form settles a request that waits", () => {
    const { state, register } = mountSandbox();
    register("ID\na\n");
    register(`${FULL}\na;CERTIFICATES;;t;n\n`);
    expect([state.newDeviceRequests.size, state.devices.size]).toEqual([0, 1]);
  });

  test("a name in ANSI is read as such", () => {
    const { state, register } = mountSandbox();
    register(Buffer.from(`${FULL}\na;CERTIFICATES;;t;Prüfstand\n`, "latin1"));
    expect(state.devices.get("a")?.name).toBe("Prüfstand");
  });
});

describe("rows that are rejected", () => {
  test.each([
    ["a/b;CERTIFICATES;;t;n", "Device id 'a/b' contains '/' character which is not permitted."],
    ["a b;CERTIFICATES;;t;n", "Device id 'a b' contains ' ' character which is not permitted."],
    ["a\\b;CERTIFICATES;;t;n", "Device id 'a\\b' contains '\\' character which is not permitted."],
    ["a\u0085b;CERTIFICATES;;t;n", "Device id 'a\u0085b' contains '\u0085' character which is not permitted."],
    ["a$b;CERTIFICATES;;t;n", "Device id 'a$b' contains '$' character which is not permitted."],
    [";CERTIFICATES;;t;n", "Device id must not be empty."],
    [`${"x".repeat(994)};CERTIFICATES;;t;n`, "Device id is too long."],
    ["a;TOKEN;;t;n", "Unknown authentication type 'TOKEN'"],
    ["a;certificates;;t;n", "Unknown authentication type 'certificates'"],
    ["a;CERTIFICATES;AbcD1234;t;n", "CREDENTIALS must be empty for authentication type CERTIFICATES"],
    ["a;BASIC;;t;n", "CREDENTIALS must not be empty for authentication type BASIC"],
    ["a;;;t;n", "CREDENTIALS must not be empty for authentication type BASIC"],
    ["a;BASIC;short;t;n", "CREDENTIALS are not a permitted password"],
  ])("%s: %s", (row, reason) => {
    const { state, register } = mountSandbox();
    const answer = bodyOf(register(`${FULL}\n${row}\ngood:1;CERTIFICATES;;t;n\n`));
    expect(answer).toMatchObject({ numberOfAll: 2, numberOfCreated: 1, numberOfFailed: 1, numberOfSuccessful: 1 });
    expect(failures(answer)).toEqual([
      expect.objectContaining({ bulkNewDeviceStatus: "FAILED", failureReason: reason }),
    ]);
    expect([...state.devices.keys()]).toEqual(["good:1"]);
  });

  test.each([
    ["SHELL", "yes", "SHELL must be 1, 0 or empty"],
    ["PATH", "hall//3", "PATH 'hall//3' names an empty group"],
  ])("column %s with %s", (column, value, reason) => {
    const { state, register } = mountSandbox();
    const [row] = failures(bodyOf(register(`${FULL};${column}\na;CERTIFICATES;;t;n;${value}\n`)));
    expect(row?.["failureReason"]).toBe(reason);
    expect(state.groups.size).toBe(0);
  });

  test("a one-time password needs CERTIFICATES and lets CREDENTIALS be skipped", () => {
    const { register } = mountSandbox();
    const answer = bodyOf(
      register(`${FULL};ENROLLMENT_OTP\na;CERTIFICATES;AbcD1234;t;n;otp-1234\nb;BASIC;AbcD1234;t;n;otp-1234\n`),
    );
    expect(answer["numberOfCreated"]).toBe(1);
    expect(failures(answer)).toMatchObject([{ deviceId: "b" }]);
  });

  test("a rejected row names its device and echoes the row, password and all", () => {
    const { register } = mountSandbox();
    expect(failures(bodyOf(register(`${FULL}\nid 5;BASIC;AbcD1234;t;n\n`)))).toEqual([
      {
        bulkNewDeviceStatus: "FAILED",
        deviceId: "id 5",
        failureReason: "Device id 'id 5' contains ' ' character which is not permitted.",
        line: "DeviceInfo{id='id 5', credentials='AbcD1234', tenant='t0815'}",
      },
    ]);
  });

  test.each(["a;CERTIFICATES", "a;CERTIFICATES;;t;n;", ""])("the row '%s' has the wrong number of values", (row) => {
    const { register } = mountSandbox();
    const answer = bodyOf(register(`${FULL}\n${row}\nb;CERTIFICATES;;t;n\n`));
    expect(answer).toMatchObject({ numberOfAll: 2, numberOfFailed: 1 });
    expect(Object.keys(failures(answer)[0] ?? {})).toEqual(["bulkNewDeviceStatus", "failureReason", "line"]);
  });

  test("an external id that another device holds rejects the row before anything is changed", () => {
    const { state, register } = mountSandbox();
    register(`${FULL};external-c8y_Imei\na;CERTIFICATES;;t;n;4711\n`);
    const answer = bodyOf(register(`${FULL};PATH;external-c8y_Imei\nb;CERTIFICATES;;t;n;hall;4711\n`));
    expect(failures(answer)).toMatchObject([
      { deviceId: "b", failureReason: expect.stringContaining("was already bound to different Global ID.") },
    ]);
    expect(state.devices.has("b") || state.users.has("device_b") || state.groups.size > 0).toBe(false);
  });
});

describe("files that are refused whole", () => {
  test.each([
    ["no content", "", "it is empty"],
    ["an empty header", "\na;b\n", "the header is missing"],
    ["no ID column", "id;CREDENTIALS\na;AbcD1234\n", "column 'ID' is missing"],
    ["a column twice", "ID;CREDENTIALS;ID\na;AbcD1234;a\n", "column 'ID' appears twice"],
    ["a column without name", "ID;CREDENTIALS;\na;AbcD1234;\n", "column 3 has no usable name"],
    ["TYPE without NAME", "ID;CREDENTIALS;TYPE\na;AbcD1234;t\n", "columns 'TYPE' and 'NAME' must appear"],
    ["PATH without TYPE and NAME", "ID;CREDENTIALS;PATH\na;AbcD1234;p\n", "columns 'TYPE' and 'NAME' must appear"],
    ["a property without TYPE and NAME", "ID;CREDENTIALS;x\na;AbcD1234;p\n", "columns 'TYPE' and 'NAME' must appear"],
    ["no credentials at all", "ID;TYPE;NAME\na;t;n\n", "column 'CREDENTIALS' is missing"],
    ["a lone one-time password", "ID;CREDENTIALS;ENROLLMENT_OTP\na;;x\n", "'ENROLLMENT_OTP' needs column 'AUTH_TYPE'"],
    ["external- in the middle", `${FULL};external-x;y\na;BASIC;AbcD1234;t;n;1;2\n`, "must be the last ones"],
    ["external- without type", `${FULL};external-\na;BASIC;AbcD1234;t;n;1\n`, "names no type"],
    ["a value that is an object too", `${FULL};x;x.y\na;BASIC;AbcD1234;t;n;1;2\n`, "both a value and an object"],
    ["an empty step", `${FULL};x..y\na;BASIC;AbcD1234;t;n;1\n`, "has an empty step"],
    ["a quoted value", `${FULL}\na;BASIC;AbcD1234;t;"n"\n`, "line 2 has a quote in a value"],
    ["a lone carriage return", `${FULL}\na;BASIC;AbcD1234;t;n\rx\n`, "line 2 has a control character"],
    ["a byte order mark", `\ufeff${FULL}\na;BASIC;AbcD1234;t;n\n`, "it starts with a byte order mark"],
    ["NUL bytes", Buffer.from(`${FULL}\n`, "utf16le"), "it holds NUL bytes"],
  ])("%s", (_, csv, reason) => {
    const { state, register } = mountSandbox();
    const answer = register(csv);
    expect(answer.status).toBe(422);
    expect(messageOf(answer)).toContain(reason);
    expect(state.devices.size).toBe(0);
  });
});

function failures(body: Record<string, unknown>): Record<string, unknown>[] {
  return body["failedCreationList"] as Record<string, unknown>[];
}
