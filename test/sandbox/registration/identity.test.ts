import { expect, test } from "vitest";
import { bodyOf, messageOf, mountSandbox } from "../mount-sandbox.ts";

test("an external id leads to its managed object, both segments percent-encoded", () => {
  const { state, ask, register } = mountSandbox();
  register("ID;AUTH_TYPE;TYPE;NAME;IDTYPE\npump#1%;CERTIFICATES;t;n;acme/serial\n");
  const answer = ask("GET", "/identity/externalIds/acme%2Fserial/pump%231%25");
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/vnd.com.nsn.cumulocity.externalid+json");
  const id = state.devices.get("pump#1%")?.managedObjectId;
  expect(bodyOf(answer)).toEqual({
    externalId: "pump#1%",
    managedObject: { id, self: `https://sandbox.test/inventory/managedObjects/${id}` },
    self: "https://sandbox.test/identity/externalIds/acme%2Fserial/pump%231%25",
    type: "acme/serial",
  });
});

test("an unknown external id, or one of another type, is a 404", () => {
  const { ask, register } = mountSandbox();
  register("ID;AUTH_TYPE;TYPE;NAME\na;CERTIFICATES;t;n\n");
  expect(ask("GET", "/identity/externalIds/c8y_Serial/a").status).toBe(200);
  const answer = ask("GET", "/identity/externalIds/c8y_Imei/a");
  expect(answer.status).toBe(404);
  expect(bodyOf(answer)["error"]).toBe("identity/Not Found");
  expect(messageOf(answer)).toBe("External id not found; external id = ID [type=c8y_Imei, value=a]");
});
