import { describe, expect, test } from "vitest";
import { bodyOf, mountSandbox } from "./mount-sandbox.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded", authorization: undefined };
const LOGIN = "grant_type=PASSWORD&username=admin&password=secret-1";

describe("login options", () => {
  test("they are told without login: OAI-Secure and Basic", () => {
    const answer = mountSandbox().ask("GET", "/tenant/loginOptions", { headers: { authorization: undefined } });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/vnd.com.nsn.cumulocity.loginoptioncollection+json");
    expect(bodyOf(answer)["loginOptions"]).toMatchObject([{ type: "OAUTH2_INTERNAL" }, { type: "BASIC" }]);
  });

  test("the management flag and a tenant exclude each other, and an unknown tenant has none", () => {
    const { ask } = mountSandbox();
    expect(ask("GET", "/tenant/loginOptions?tenantId=t0815").status).toBe(200);
    expect(ask("GET", "/tenant/loginOptions?tenantId=t0815&management=true").status).toBe(400);
    expect(ask("GET", "/tenant/loginOptions?tenantId=t1").status).toBe(400);
  });
});

describe("token", () => {
  test("user and password give a bearer token that logs in", () => {
    const { ask } = mountSandbox();
    const answer = ask("POST", "/tenant/oauth/token?tenant_id=t0815", { headers: FORM, body: LOGIN });
    expect(answer.status).toBe(200);
    expect(Object.keys(bodyOf(answer))).toEqual(["access_token"]);
    const authorization = `Bearer ${bodyOf(answer)["access_token"]}`;
    expect(bodyOf(ask("GET", "/user/currentUser", { headers: { authorization } }))["userName"]).toBe("admin");
  });

  test.each([
    ["a wrong password", 401, "/tenant/oauth/token", LOGIN.replace("-1", "-2")],
    ["another tenant", 401, "/tenant/oauth/token?tenant_id=t1", LOGIN],
    ["another grant", 400, "/tenant/oauth/token", LOGIN.replace("PASSWORD", "AUTHORIZATION_CODE")],
    ["an unknown field", 400, "/tenant/oauth/token", `${LOGIN}&scope=all`],
  ])("%s is a %i", (_, status, target, body) => {
    expect(mountSandbox().ask("POST", target, { headers: FORM, body }).status).toBe(status);
  });

  test("JSON is a 415", () => {
    expect(mountSandbox().ask("POST", "/tenant/oauth/token", { body: { username: "admin" } }).status).toBe(415);
  });
});
