/** Characters that MQTT allows in a client id, with which no device can be named here. */
const FORBIDDEN = /[\u0000-\u001f\u007f/+#$\s]/;

/**
 * The device that a client id names: `<id>`, or `d:<id>` with or without a default template after it;
 * undefined for a client id that the platform does not take.
 */
export function deviceOfClientId(clientId: string): string | undefined {
  const parts = clientId.split(":");
  const [first = "", second] = parts;
  const id = second === undefined ? first : second;
  if (parts.length > 3 || (second !== undefined && first !== "d")) return undefined;
  return id === "" || FORBIDDEN.test(id) ? undefined : id;
}
