import { expect, test } from "vitest";
import { isPublishTopic, isSubscribeTopic, takeMessage } from "../../../src/sandbox/devices/smart-rest.ts";
import { externalKey } from "../../../src/sandbox/sandbox-state.ts";
import { mountSandbox } from "../mount-sandbox.ts";

const HEADER = "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME";

test("100 makes the device, with the external id that MQTT knows it by", () => {
  const { state, ask } = mountSandbox();
  expect(takeMessage(state, "dev-1", "s/us", "100,Sensor 1,acme_TH20")).toEqual([]);
  expect(state.devices.get("dev-1")).toMatchObject({ name: "Sensor 1", type: "acme_TH20", authType: "CERTIFICATES" });
  expect(ask("GET", "/identity/externalIds/c8y_Serial/dev-1").status).toBe(200);
});

test("100 for a device that is there changes nothing and says so", () => {
  const { state, register } = mountSandbox();
  register(`${HEADER}\ndev-1;CERTIFICATES;;t;Before\n`);
  const said = takeMessage(state, "dev-1", "s/us", "100,After,t");
  expect(said).toEqual([{ topic: "s/e", payload: "41,100,Device already existing" }]);
  expect([...state.devices.values()].map(({ name }) => name)).toEqual(["Before"]);
});

test("a device registered under another type of external id gets a second one", () => {
  const { state, register } = mountSandbox();
  register(`${HEADER};IDTYPE\ndev-1;CERTIFICATES;;t;Before;acme_Id\n`);
  takeMessage(state, "dev-1", "s/us", "100,After,t");
  expect([...state.devices.values()].map(({ name }) => name)).toEqual(["Before", "After"]);
  expect(state.externalIds.get(externalKey("acme_Id", "dev-1"))).toBe("dev-1");
});

test("s/uat gives the device's own token", () => {
  const { state } = mountSandbox();
  const [said] = takeMessage(state, "dev-1", "s/uat", "");
  expect(said?.topic).toBe("s/dat");
  expect(state.tokens.get(said?.payload.replace(/^71,/, "") ?? "")).toBe("device_dev-1");
});

test("devices publish and listen where SmartREST has them, nowhere else", () => {
  expect(["s/us", "s/uat", "s/e", "s/ds", "x"].map(isPublishTopic)).toEqual([true, true, false, false, false]);
  expect(["s/ds", "s/e", "s/dat", "s/us", "#"].map(isSubscribeTopic)).toEqual([true, true, true, false, false]);
});
