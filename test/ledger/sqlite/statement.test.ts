import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { prepare, type Statement } from "../../../src/ledger/sqlite/statement.ts";

test("values go to numbered parameters by their position, whether or not Node.js does that by itself", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)");
  const INSERT = "INSERT INTO t (a, b) VALUES (?2, ?1)";
  const SELECT = "SELECT a, b FROM t WHERE a = ?1 AND b = ?2 AND a = ?1";
  const byHand = <Row = never>(sql: string) => prepare<Row>(database, sql, () => false);
  const pairs: readonly (readonly [Statement<never>, Statement<{ a: string; b: string }>])[] = [
    [prepare(database, INSERT), prepare(database, SELECT)],
    [byHand(INSERT), byHand(SELECT)],
  ];
  pairs.forEach(([insert, select], index) => {
    expect(insert.insert("second", `first ${index}`)).toBe(index + 1);
    expect({ ...select.get(`first ${index}`, "second") }).toEqual({ a: `first ${index}`, b: "second" });
    expect(select.all("none", "second")).toEqual([]);
    expect(insert.run("x", null)).toBe(1);
    database.exec("DELETE FROM t WHERE b = 'x'");
  });
  database.close();
});
