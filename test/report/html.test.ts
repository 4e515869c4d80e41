import fc from "fast-check";
import { expect, test } from "vitest";
import { type Html, html, htmlText } from "../../src/report/html.ts";

test("text is escaped in content and in attributes, numbers are written as they are", () => {
  const evil = `<b title="x">'&'</b>`;
  const safe = "&lt;b title=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;";
  expect(htmlText(html`<p title="${evil}">${evil} ${-1.5}</p>`)).toBe(`<p title="${safe}">${safe} -1.5</p>`);
});

test("markup of the tag is not escaped again, alone or in a list", () => {
  const items = ["a", "<"].map((text) => html`<li>${text}</li>`);
  expect(htmlText(html`<ul>${items}</ul>${html`<hr>`}`)).toBe("<ul><li>a</li><li>&lt;</li></ul><hr>");
});

test("controls and marks that turn the direction of writing become ?", () => {
  expect(htmlText(html`<p>${"a\u0000\n\u202eb\u2066"}</p>`)).toBe("<p>a???b?</p>");
});

test("what only looks like the tag's markup is not taken for it", () => {
  const forged = JSON.parse('{"markup":"<script>","html":"<script>","length":1}');
  expect(() => htmlText(html`<p>${forged as Html}</p>`)).toThrow(TypeError);
});

test("no text can leave its place", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const written = htmlText(html`<p title="${text}">${text}</p>`);
      expect(written.match(/[<>"]/g)?.join("")).toBe('<"">' + "<>");
    }),
  );
});
