import { describe, expect, test } from "vitest";
import { addUser } from "../../src/sandbox/sandbox-users.ts";
import { basic, bodyOf, messageOf, mountSandbox } from "./mount-sandbox.ts";

const USER = "application/vnd.com.nsn.cumulocity.user+json";

test("the current tenant has exactly the fields of the API text, its parent when asked", () => {
  const { ask } = mountSandbox({ tenant: "t7", domain: "seven.test" });
  const headers = { authorization: basic("t7/admin", "secret-1") };
  const answer = ask("GET", "/tenant/currentTenant", { headers });
  expect(answer.headers["content-type"]).toBe("application/vnd.com.nsn.cumulocity.currenttenant+json");
  expect(bodyOf(answer)).toEqual({
    allowCreateTenants: false,
    applications: { references: [] },
    customProperties: {},
    domainName: "seven.test",
    name: "t7",
    self: "https://sandbox.test/tenant/currentTenant",
  });
  expect(bodyOf(ask("GET", "/tenant/currentTenant?withParent=true", { headers }))["parent"]).toBe("management");
});

describe("the current user", () => {
  test("comes with its roles", () => {
    const { state, ask } = mountSandbox();
    addUser(state, { userName: "line-3", password: "pw", roles: ["ROLE_USER_MANAGEMENT_OWN_READ", "ROLE_X"] });
    const answer = ask("GET", "/user/currentUser", { headers: { authorization: basic("line-3", "pw") } });
    expect(answer.headers["content-type"]).toBe("application/vnd.com.nsn.cumulocity.currentuser+json");
    expect(bodyOf(answer)).toMatchObject({
      userName: "line-3",
      effectiveRoles: [{ id: "ROLE_USER_MANAGEMENT_OWN_READ" }, { id: "ROLE_X", name: "ROLE_X" }],
    });
    expect(answer.body.toString()).not.toContain('"pw"');
  });

  test("comes as plain user where that is asked for, but not to ROLE_SYSTEM", () => {
    const { state, ask } = mountSandbox();
    addUser(state, { userName: "root", password: "pw", roles: ["ROLE_SYSTEM"] });
    const answer = ask("GET", "/user/currentUser", { headers: { accept: USER } });
    expect(answer.headers["content-type"]).toBe(USER);
    expect(bodyOf(answer)).not.toHaveProperty("effectiveRoles");
    const authorization = basic("root", "pw");
    expect(ask("GET", "/user/currentUser", { headers: { accept: USER, authorization } }).status).toBe(403);
    expect(ask("GET", "/user/currentUser", { headers: { authorization } }).status).toBe(200);
  });
});

describe("a user by name", () => {
  test("a registered device has one, and it has no password in it", () => {
    const { ask, register } = mountSandbox();
    register("ID;CREDENTIALS\npump:1'(=)*;AbcD1234\n");
    const answer = ask("GET", `/user/t0815/users/${encodeURIComponent("device_pump:1'(=)*")}`);
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe(USER);
    expect(bodyOf(answer)).toMatchObject({ userName: "device_pump:1'(=)*", enabled: true });
    expect(answer.body.toString()).not.toContain("AbcD1234");
  });

  test("an unknown one is a 404, one of another tenant a 403", () => {
    const { ask } = mountSandbox();
    const answer = ask("GET", "/user/t0815/users/device_a");
    expect(answer.status).toBe(404);
    expect(messageOf(answer)).toContain("Error retrieving user device_a!");
    expect(bodyOf(answer)["error"]).toBe("users/Not Found");
    expect(ask("GET", "/user/t1/users/admin").status).toBe(403);
  });
});
