import { expect, it } from "vitest";
import { askTenant } from "../../src/platform/ask-tenant.ts";
import type { CurrentTenant, Reply } from "../../src/platform/platform.ts";

function platform(reply: Reply<CurrentTenant>) {
  return { currentTenant: async () => reply };
}

it("gives the id of the tenant that the login belongs to", async () => {
  expect(await askTenant(platform({ kind: "answer", value: { id: "t0815" } }))).toBe("t0815");
});

it("names the role that is missing when the platform does not show its tenant", async () => {
  const asking = askTenant(platform({ kind: "refused", status: 403, message: "Access is denied" }));
  await expect(asking).rejects.toMatchObject({
    code: "platform-refused",
    message: expect.stringContaining(
      "show its tenant (Access is denied): give it the role ROLE_USER_MANAGEMENT_OWN_READ",
    ),
  });
});

it("says that nothing is lost when the platform is away", async () => {
  const asking = askTenant(platform({ kind: "unknown", message: "the connection was reset" }));
  await expect(asking).rejects.toMatchObject({ code: "platform-unreachable" });
});
