import { describe, expect, test } from "vitest";
import { addUser } from "../../src/sandbox/sandbox-users.ts";
import { BULK, basic, bodyOf, CERTIFICATES, messageOf, mountSandbox } from "./mount-sandbox.ts";

const TENANT = "/tenant/currentTenant";

describe("login", () => {
  test("Basic is taken with the tenant before the user and without", () => {
    const { ask } = mountSandbox();
    expect(ask("GET", TENANT, { headers: { authorization: basic("t0815/admin", "secret-1") } }).status).toBe(200);
    expect(ask("GET", TENANT, { headers: { authorization: basic("admin", "secret-1") } }).status).toBe(200);
  });

  test("a bearer token stands for its user", () => {
    const { ask } = mountSandbox();
    expect(ask("GET", TENANT, { headers: { authorization: "Bearer token-1" } }).status).toBe(200);
    expect(ask("GET", TENANT, { headers: { authorization: "Bearer token-2" } }).status).toBe(401);
  });

  test.each([
    ["no login", undefined],
    ["a wrong password", basic("t0815/admin", "secret-2")],
    ["another tenant", basic("t0816/admin", "secret-1")],
    ["an unknown user", basic("t0815/nobody", "secret-1")],
    ["another scheme", "Digest abc"],
  ])("%s is a 401 with the platform's error body and a challenge", (_, authorization) => {
    const answer = mountSandbox().ask("GET", TENANT, { headers: { authorization } });
    expect(answer.status).toBe(401);
    expect(answer.headers["content-type"]).toBe("application/vnd.com.nsn.cumulocity.error+json");
    expect(answer.headers["www-authenticate"]).toContain("Basic");
    expect(bodyOf(answer)["error"]).toBe("security/Unauthorized");
  });

  test.each([
    ["POST", BULK, "ROLE_DEVICE_CONTROL_ADMIN"],
    ["GET", "/identity/externalIds/c8y_Serial/a", "ROLE_IDENTITY_READ"],
    ["GET", "/user/t0815/users/admin", "ROLE_USER_MANAGEMENT_READ"],
    ["GET", TENANT, "ROLE_USER_MANAGEMENT_OWN_READ"],
    ["GET", "/user/currentUser", "ROLE_USER_MANAGEMENT_OWN_READ"],
    ["GET", CERTIFICATES, "ROLE_TENANT_MANAGEMENT_READ"],
    ["POST", CERTIFICATES, "ROLE_TENANT_ADMIN"],
    ["PUT", "/tenant/trusted-certificates/settings/crl", "ROLE_TENANT_MANAGEMENT_ADMIN"],
  ])("%s %s is a 403 without a role and let through with %s", (method, path, role) => {
    const { state, ask } = mountSandbox();
    addUser(state, { userName: "with", password: "pw-with", roles: [role] });
    addUser(state, { userName: "without", password: "pw-without", roles: ["ROLE_ALARM_READ"] });
    const refused = ask(method, path, { headers: { authorization: basic("without", "pw-without") } });
    expect(refused.status).toBe(403);
    expect(messageOf(refused)).toBe("Access is denied.");
    expect(ask(method, path, { headers: { authorization: basic("with", "pw-with") } }).status).not.toBe(403);
  });

  test("a reader of trusted certificates may not write them", () => {
    const { state, ask } = mountSandbox();
    addUser(state, { userName: "reader", password: "pw", roles: ["ROLE_TENANT_MANAGEMENT_READ"] });
    const headers = { authorization: basic("reader", "pw") };
    expect(ask("GET", CERTIFICATES, { headers }).status).toBe(200);
    expect(ask("POST", CERTIFICATES, { headers, body: {} }).status).toBe(403);
  });
});

describe("what is asked", () => {
  test.each(["/", "/tenant", "/devicecontrol/deviceAccessToken", "/sandbox/nothing", `${CERTIFICATES}/a/b`])(
    "the unknown path %s is a 404 with an error body",
    (path) => {
      const answer = mountSandbox().ask("POST", path);
      expect(answer.status).toBe(404);
      expect(bodyOf(answer)).toEqual({
        error: expect.stringMatching(/\/Not Found$/),
        message: expect.any(String),
        info: expect.any(String),
      });
    },
  );

  test("a known path with another method is a 405 that names the methods", () => {
    const answer = mountSandbox().ask("DELETE", CERTIFICATES);
    expect(answer.status).toBe(405);
    expect(answer.headers["allow"]).toBe("POST, GET");
  });

  test("a path that is not percent-encoded is a 400", () => {
    expect(mountSandbox().ask("GET", "/user/t0815/users/%zz").status).toBe(400);
  });

  test("another tenant's certificates are a 404", () => {
    const answer = mountSandbox().ask("GET", "/tenant/tenants/t01/trusted-certificates");
    expect(answer.status).toBe(404);
    expect(bodyOf(answer)).toMatchObject({
      error: "security/Not Found",
      message: "There is no tenant with id = t01",
    });
  });

  test("a media type that the call does not produce is a 406, before anything is done", () => {
    const { state, register } = mountSandbox();
    expect(register("ID;CREDENTIALS\na;AbcD1234\n", { accept: "text/html" }).status).toBe(406);
    expect(state.devices.size).toBe(0);
  });

  test.each([
    "*/*",
    "application/*",
    "application/json",
    "application/vnd.com.nsn.cumulocity.bulknewdevicerequest+json",
    "text/html, application/json;q=0.5",
  ])("Accept %s is answered under the declared media type", (accept) => {
    const answer = mountSandbox().register("ID;CREDENTIALS\na;AbcD1234\n", { accept });
    expect(answer.status).toBe(201);
    expect(answer.headers["content-type"]).toBe("application/vnd.com.nsn.cumulocity.bulknewdevicerequest+json");
  });

  test("a POST without Accept does its work and answers with an empty body, a GET has its body all the same", () => {
    const { state, ask, register } = mountSandbox();
    const answer = register("ID;CREDENTIALS\na;AbcD1234\n", { accept: undefined });
    expect([answer.status, answer.body.length]).toEqual([201, 0]);
    expect(state.devices.has("a")).toBe(true);
    expect(bodyOf(ask("GET", TENANT, { headers: { accept: undefined } }))["name"]).toBe("t0815");
  });

  test("an unknown processing mode is refused", () => {
    const { ask } = mountSandbox();
    expect(ask("GET", TENANT, { headers: { "x-cumulocity-processing-mode": "QUIESCENT" } }).status).toBe(200);
    expect(ask("GET", TENANT, { headers: { "x-cumulocity-processing-mode": "LOUD" } }).status).toBe(400);
  });

  test("every answer has the Date of the sandbox's clock", () => {
    const { ask } = mountSandbox({ nowMs: () => Date.UTC(2031, 4, 6, 7, 8, 9) });
    expect(ask("GET", TENANT).headers["date"]).toBe("Tue, 06 May 2031 07:08:09 GMT");
    expect(ask("GET", "/nowhere").headers["date"]).toBe("Tue, 06 May 2031 07:08:09 GMT");
  });
});
