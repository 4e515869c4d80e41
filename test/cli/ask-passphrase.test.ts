import { expect, test } from "vitest";
import { askPassphrase } from "../../src/cli/ask-passphrase.ts";
import { typedTerminal } from "./terminal.ts";

const ask = (typed: string) => {
  const terminal = typedTerminal([typed]);
  return { terminal, answer: askPassphrase("Passphrase: ", terminal.stdin, terminal.stderr) };
};

test("what is typed is taken and never shown", async () => {
  const { terminal, answer } = ask("s3cret pässphrase");
  expect(await answer).toBe("s3cret pässphrase");
  expect(terminal.shown()).toBe("Passphrase: \n");
  expect(terminal.isRaw()).toBe(false);
});

test("a backspace takes one character back, whatever its size", async () => {
  expect(await ask("ab😀\u007fc\u0008d").answer).toBe("abd");
});

test("Ctrl-C stops, and leaves the terminal as it was", async () => {
  const { terminal, answer } = ask("half\u0003");
  await expect(answer).rejects.toMatchObject({ code: "stopped" });
  expect(terminal.isRaw()).toBe(false);
});

test("a terminal that is closed stops the question", async () => {
  const terminal = typedTerminal([""]);
  const answer = askPassphrase("Passphrase", terminal.stdin, terminal.stderr);
  terminal.stdin.push(null);
  await expect(answer).rejects.toMatchObject({ code: "stopped" });
});

test("what was typed ahead answers the next question", async () => {
  const terminal = typedTerminal(["one\rtwo\u0004"]);
  expect(await askPassphrase("Passphrase: ", terminal.stdin, terminal.stderr)).toBe("one");
  expect(await askPassphrase("The same again", terminal.stdin, terminal.stderr)).toBe("two");
});
