import { expect, test } from "vitest";
import { askLine } from "../../src/cli/ask-line.ts";
import { typedTerminal } from "./terminal.ts";

const even = (text: string) => (Number(text) % 2 === 0 ? undefined : "An even number is needed");
const ask = (answers: readonly string[]) => {
  const terminal = typedTerminal(answers);
  const question = { question: "A number", byDefault: "2", problem: even };
  return { terminal, answer: askLine(question, terminal.stdin, terminal.stderr) };
};

test("an answer is taken without the blanks around it, and an empty one means the default that is shown", async () => {
  expect(await ask(["  4 "]).answer).toBe("4");
  const { terminal, answer } = ask([""]);
  expect(await answer).toBe("2");
  expect(terminal.shown()).toContain("A number [2]: ");
});

test("an answer that cannot be taken is asked for again, three times at most", async () => {
  const { terminal, answer } = ask(["1", "3", "6"]);
  expect(await answer).toBe("6");
  expect(terminal.shown().split("An even number is needed; try again.").length).toBe(3);
  await expect(ask(["1", "3", "5"]).answer).rejects.toMatchObject({
    code: "usage",
    message: "An even number is needed; nothing was done",
  });
});

test("Ctrl-C and a terminal that is closed stop the question", async () => {
  await expect(ask(["\u0003"]).answer).rejects.toMatchObject({ code: "stopped" });
  await expect(ask(["\u0004"]).answer).rejects.toMatchObject({ code: "stopped" });
});
