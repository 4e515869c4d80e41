import { expect, test } from "vitest";
import { platformLogin } from "../../src/cli/platform-login.ts";
import { takeSecrets } from "../../src/config/secrets.ts";
import { typedTerminal } from "./terminal.ts";

const SITE = { url: "https://acme.example", user: "line-3" };
const around = (answers: readonly string[], env: Record<string, string> = {}) => {
  const terminal = typedTerminal(answers);
  return { ...terminal, secrets: takeSecrets(env) };
};

test("the platform's password is asked for on a terminal, and never shown", async () => {
  const terminal = around(["", "s3cret of the line"]);
  const login = await platformLogin(terminal, SITE, true);
  expect("password" in login && [login.user, login.password]).toEqual(["line-3", "s3cret of the line"]);
  expect(terminal.shown()).toContain("Password of user line-3 on https://acme.example: ");
  expect(terminal.shown()).not.toContain("s3cret");
  expect(JSON.stringify(login)).toBe("{}");
});

test("a login in the environment is used without a question", async () => {
  const login = await platformLogin(around([], { LOTMINT_PLATFORM_PASSWORD: "given" }), SITE, true);
  expect("password" in login && login.password).toBe("given");
});

test("without a login, a command that may not ask or has no terminal ends with 2", async () => {
  await expect(platformLogin(around(["x"]), SITE, false)).rejects.toMatchObject({ code: "usage" });
  const terminal = around(["x"]);
  const stdin = Object.assign(Object.create(terminal.stdin), { isTTY: false });
  await expect(platformLogin({ ...terminal, stdin }, SITE, true)).rejects.toMatchObject({ code: "usage" });
});
