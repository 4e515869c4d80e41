import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { prepare, prepareTuples, type Statement } from "../../../src/ledger/sqlite/statement.ts";

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

test("rows come as arrays too, in the order of the columns, whoever hands out the values", () => {
  const database = new DatabaseSync(":memory:");
  const sql = "SELECT ?2 AS same, ?1 AS same";
  for (const numbersByPosition of [undefined, () => false]) {
    const statement = prepareTuples<readonly [string, number]>(database, sql, numbersByPosition);
    expect(statement.all(1, "second")).toEqual([["second", 1]]);
    expect(statement.get(2, "other")).toEqual(["other", 2]);
  }
  database.close();
});
