import { expect, test } from "vitest";
import { renderSignIn } from "../../../src/page/view/render-sign-in.ts";
import { htmlText } from "../../../src/report/html.ts";

test("the token is asked for, and what was wrong with the last one is told with it", () => {
  const first = htmlText(renderSignIn({ problem: null, waitSeconds: null, next: "/lots/L1" }, "en"));
  expect(first).toMatch(/<label for="token">Token<\/label><input id="token" name="token" type="password"/);
  expect(first).toContain('name="next" value="/lots/L1"');
  expect(first).not.toContain("aria-invalid");
  const again = htmlText(renderSignIn({ problem: "wrong-token", waitSeconds: null, next: "/" }, "en"));
  expect(again).toContain("That token is wrong.");
  expect(again).toContain('aria-invalid="true"');
  const many = htmlText(renderSignIn({ problem: "too-many-tries", waitSeconds: 30, next: "/" }, "de"));
  expect(many).toContain("Warten Sie 30 Sekunden.");
});
