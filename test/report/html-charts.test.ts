import { expect, test } from "vitest";
import { htmlText } from "../../src/report/html.ts";
import { barTable, stackedBar } from "../../src/report/html-charts.ts";

test("the parts of a stack stand side by side and fill it", () => {
  const svg = htmlText(
    stackedBar("Stages", [
      { label: "a", value: 3, text: "3", tone: "t" },
      { label: "absent", value: 0, text: "0", tone: "t" },
      { label: "b", value: 1, text: "1", tone: "t" },
    ]),
  );
  expect(svg).toContain('x="0.00" width="75.00"');
  expect(svg).toContain('x="75.00" width="25.00"');
  expect(svg).not.toContain("absent");
});

test("a share that is not all is never told as all, nor one that is there as nothing", () => {
  const svg = htmlText(
    stackedBar("Stages", [
      { label: "most", value: 199_999, text: "199 999", tone: "t" },
      { label: "one", value: 1, text: "1", tone: "t" },
    ]),
  );
  expect(svg).toContain("&gt;99.9 %");
  expect(svg).toContain("&lt;0.1 %");
  expect(htmlText(stackedBar("Stages", [{ label: "all", value: 5, text: "5", tone: "t" }]))).toContain("100 %");
});

test("bars that are all nought have no length", () => {
  const table = htmlText(barTable("Times", ["Step", "Time"], [{ label: "a", value: 0, text: "0 ms", tone: "t" }]));
  expect(table).toContain('class="t" width="0.00"');
});
