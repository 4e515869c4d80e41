import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRegistrationValue } from "../../src/domain/cell-rules.ts";
import type { RegistrationRow } from "../../src/domain/registration.ts";
import { writePart } from "../../src/registration/write-part.ts";

function device(externalId: string, more: Partial<RegistrationRow> = {}) {
  const registration = { type: "c8y_Linux", name: externalId, agent: true, properties: {}, externalIds: {}, ...more };
  return { externalId, registration };
}

describe("writePart", () => {
  it("writes the columns that certificate devices need, and no others", () => {
    expect(writePart([device("A1"), device("A2", { agent: false })]).toString()).toBe(
      "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME;com_cumulocity_model_Agent.active\n" +
        "A1;CERTIFICATES;;c8y_Linux;A1;true\n" +
        "A2;CERTIFICATES;;c8y_Linux;A2;\n",
    );
    expect(writePart([device("A1", { agent: false })]).toString()).toBe(
      "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME\nA1;CERTIFICATES;;c8y_Linux;A1\n",
    );
  });

  it("adds each column that any row uses, external ids last, and leaves the other rows' cells empty", () => {
    const bytes = writePart([
      device("A1", { externalIds: { imei: "35" }, shell: true, path: "Factory/L1" }),
      device("A2", { properties: { hw_rev: "C", unused: "" }, shell: false, iccid: "89", idType: "c8y_Serial" }),
      device("A3", { name: "Pümp 3, left", path: "" }),
    ]);
    const [header, ...rows] = bytes.toString("utf8").split("\n");
    expect(header).toBe(
      "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME;IDTYPE;ICCID;PATH;SHELL;com_cumulocity_model_Agent.active;hw_rev;external-imei",
    );
    expect(rows).toEqual([
      "A1;CERTIFICATES;;c8y_Linux;A1;;;Factory/L1;1;true;;35",
      "A2;CERTIFICATES;;c8y_Linux;A2;c8y_Serial;89;;0;true;C;",
      "A3;CERTIFICATES;;c8y_Linux;Pümp 3, left;;;;;true;;",
      "",
    ]);
  });

  it("is read back by a CSV reader, without a byte order mark, a quote or a CR", () => {
    const bytes = writePart([device("A1", { name: " =1+1 'x' " }), device("-2")]);
    expect(bytes[0]).toBe("I".charCodeAt(0));
    expect(bytes.toString()).not.toMatch(/["\r]/);
    const rows: Record<string, string>[] = parse(bytes, { delimiter: ";", columns: true });
    expect(rows.map(({ ID, NAME }) => [ID, NAME])).toEqual([
      ["A1", " =1+1 'x' "],
      ["-2", "-2"],
    ]);
  });

  it.each(["a;b", 'a"b', "a\nb", "a\rb", "\ufeffa"])("throws for %j, which would need quotes", (name) => {
    expect(() => writePart([device("A1", { name })])).toThrow(/cannot carry/);
  });

  it("throws when a property takes the name of a column", () => {
    expect(() => writePart([device("A1", { properties: { NAME: "x" } })])).toThrow(/both called NAME/);
  });

  it("takes a property's name for nothing but a name", () => {
    const bytes = writePart([device("A1", { properties: { constructor: "x" } }), device("A2")]);
    expect(bytes.toString().split("\n")[2]).toBe("A2;CERTIFICATES;;c8y_Linux;A2;true;");
  });

  it("carries every value that a manifest's row may have, so that a line is a row and a semicolon ends a cell", () => {
    const tricky = fc.constantFrom("a", " ", "'", "=", ",", ";", '"', "\n", "\r", "\t", "\u2028", "\ufeff", "ü", "😀");
    const text = fc.oneof(fc.string({ unit: "binary", minLength: 1 }), fc.string({ unit: tricky, minLength: 1 }));
    const value = text.filter((cell) => checkRegistrationValue(cell) === undefined);
    const row = fc.record({ type: value, name: value, path: value, iccid: value });
    const more = fc.tuple(value, value);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), more, (rows, [property, external]) => {
        const devices = rows.map((cells, index) =>
          device(`A${index}`, { ...cells, properties: { hw_rev: property }, externalIds: { imei: external } }),
        );
        const [header = "", ...lines] = writePart(devices).toString("utf8").split("\n");
        const names = header.split(";");
        const back = lines
          .slice(0, -1)
          .map((line) => Object.fromEntries(line.split(";").map((cell, i) => [names[i], cell])));
        expect(lines.at(-1)).toBe("");
        expect(back).toEqual(
          rows.map(({ type, name, path, iccid }, index) => ({
            ID: `A${index}`,
            AUTH_TYPE: "CERTIFICATES",
            CREDENTIALS: "",
            TYPE: type,
            NAME: name,
            ICCID: iccid,
            PATH: path,
            "com_cumulocity_model_Agent.active": "true",
            hw_rev: property,
            "external-imei": external,
          })),
        );
      }),
    );
  });
});
