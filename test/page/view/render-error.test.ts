import { expect, test } from "vitest";
import { renderError } from "../../../src/page/view/render-error.ts";
import { htmlText } from "../../../src/report/html.ts";

const FRAME = { mayAct: false, signedIn: false };

test("an error says what happened, what to do, and the program's own words in one place for the script", () => {
  const page = htmlText(renderError({ ...FRAME, status: 413, kind: "too-large", message: "over 512 MB" }, "de"));
  const [, told = ""] = /id="problem">(.*?)<\/div>/.exec(page) ?? [];
  expect(told.replaceAll(/<[^>]*>/g, "")).toBe(
    "Die Liste ist zu groß. Teilen Sie sie, und geben Sie die Teile nacheinander ab. Over 512 MB (413)",
  );
});

test("who has to sign in is led there", () => {
  const page = htmlText(renderError({ ...FRAME, status: 401, kind: "sign-in", message: "sign in" }, "en"));
  expect(page).toContain('<a href="/sign-in">Sign in</a>');
});
