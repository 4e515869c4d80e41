import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { reportHtml } from "../../src/report/report-html.ts";
import { COUNTS, lotReport } from "../fixtures/lot-report.ts";

/** The page's elements as a reader of HTML would find them: tags outside the style sheet. */
function tagsOf(html: string): string[] {
  const body = html.replace(/<style>[\s\S]*?<\/style>/, "");
  return Array.from(body.matchAll(/<([a-z][a-z0-9]*)/gi), ([, name]) => (name ?? "").toLowerCase());
}

test("the page needs nothing from elsewhere: no scripts, no addresses but files beside it", () => {
  const html = reportHtml(lotReport());
  expect(tagsOf(html)).not.toContain("script");
  expect(html).not.toMatch(/https?:|url\(|@import|src=/);
  expect(html).toContain("default-src 'none'");
  expect(Array.from(html.matchAll(/href="([^"]*)"/g), ([, target]) => target)).toEqual([
    "rejects.csv",
    "report.json",
    "devices.csv",
  ]);
});

test("ids and reasons from outside stay text", () => {
  const evil = `<script>alert(1)</script><img src=x onerror="alert(1)">'"&`;
  const report = lotReport({
    lot: evil,
    job: evil,
    issuer: evil,
    notes: [evil],
    ledgerHead: evil,
    rejects: { [evil]: 3 },
  });
  const row = (text: string) => [{ line: 2, externalId: text, reason: text, cells: {}, device: false }];
  const html = reportHtml(report, row(evil));
  expect(tagsOf(html)).toEqual(tagsOf(reportHtml(lotReport({ rejects: { x: 3 } }), row("x"))));
  expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

test("no text from outside can add an element or an attribute", () => {
  const plain = tagsOf(reportHtml(lotReport({ rejects: { x: 3 } }))).length;
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("<", ">", '"', "'", "&", "/", "a", " ", "=", "-", "!") }), (text) => {
      const html = reportHtml(lotReport({ lot: `x${text}`, notes: [`x${text}`], rejects: { [`x${text}`]: 3 } }));
      expect(tagsOf(html)).toHaveLength(plain);
      expect(html).not.toContain("<!--");
    }),
  );
});

test("stages, rejects and times are charts that can also be read out", () => {
  const html = reportHtml(lotReport());
  expect(html).toMatch(
    /<svg class="stack" role="img"[^>]*aria-label="How far the devices are: 120 ready to be sent, 30 sent, not answered yet, 4 810 confirmed by/,
  );
  expect(html).toContain('<th scope="row">id holds a character that is not allowed</th><td class="number">12</td>');
  expect(html).toContain('<th scope="row">sending to the platform</th><td class="number">1 min 37 s</td>');
  expect(html).toContain("<caption>Time of each step</caption>");
  expect(html).toContain('aria-label="amber"');
});

test("bars are as long as their values are to the greatest, and a small one still shows", () => {
  const html = reportHtml(lotReport({ rejects: { a: 1000, b: 250, c: 1 } }));
  const widths = Array.from(html.matchAll(/class="tone-reject" width="([\d.]+)"/g), ([, width]) => Number(width));
  expect(widths).toEqual([100, 25, 0.6]);
});

test("a lot without devices, rejects, takt and notes has no empty charts", () => {
  const none = { planned: 0, listed: 0, submitted: 0, confirmed: 0, rejected: 0, revoked: 0 };
  const html = reportHtml(
    lotReport({ counts: { ...COUNTS, ...none }, rejects: {}, stages: {}, notes: [], minted: 0, exitCode: 0 }),
  );
  expect(html).toContain("No device yet.");
  expect(html).not.toContain('<table class="bars">');
  expect(html).not.toContain("NaN");
  expect(html).not.toContain("To know");
});

test("the page follows the reader's light or dark and is made for paper too", () => {
  const html = reportHtml(lotReport());
  expect(html).toContain("prefers-color-scheme: dark");
  expect(html).toContain("@media print");
});

test("the record tells what the issuer has signed and until when it will do", () => {
  const counts = { issued: 10_400, revoked: 3, abandoned: 25 };
  const html = reportHtml(
    lotReport({ issuerBudget: { ...counts, notAfter: "2036-01-01T00:00:00Z", outlivedFrom: "2035-01-01" } }),
  );
  expect(html).toMatch(
    /line-3: 10.400 certificates issued, 3 revoked, 25 serial numbers never used; ends 2036-01-01 00:00:00 UTC/,
  );
  expect(html).toMatch(/Ends before this job&#39;s certificates from<\/th><td>2035-01-01/);
});

test("the first twenty rejected rows stand there with line, id and reason, and how many more there are", () => {
  const rejected = Array.from({ length: 30 }, (_, index) => {
    return { line: index + 2, externalId: `SN-${index}`, reason: `wrong ${index}`, cells: {}, device: false };
  });
  const html = reportHtml(lotReport({ rejects: { wrong: 35 } }), rejected);
  expect(html).toContain('<td class="number">2</td><td>SN-0</td><td>wrong 0</td>');
  expect(html).toContain("<td>SN-19</td>");
  expect(html).not.toContain("<td>SN-20</td>");
  expect(html).toContain('and 15 more, in <a href="rejects.csv">rejects.csv</a>');
  const few = reportHtml(lotReport({ rejects: { wrong: 2 } }), rejected.slice(0, 2));
  expect(few).toContain("<td>SN-1</td>");
  expect(few).not.toMatch(/and \d+ more/);
});

test("times are this machine's with UTC behind, and once where both are the same", () => {
  const before = process.env["TZ"];
  onTestFinished(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });
  process.env["TZ"] = "Europe/Berlin";
  expect(reportHtml(lotReport())).toContain("2026-11-20 06:30:00 (2026-11-20 05:30:00 UTC)");
  process.env["TZ"] = "UTC";
  expect(reportHtml(lotReport())).toContain("<td>2026-11-20 05:30:00 UTC</td>");
});

test("what only the engineer looks up is folded away, and no word of the program's own is outside of it", () => {
  const [shown = "", folded = ""] = reportHtml(lotReport())
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .split("<details>");
  expect(folded).toContain("<summary>Details for the engineer</summary>");
  expect(folded).toContain("sensors");
  const text = shown.replace(/<[^>]*>/g, " ");
  expect(text).not.toMatch(/takt|ledger|abandoned|\blisted\b|\bminted\b|\bsubmitted\b|reworks|wall time/i);
});
