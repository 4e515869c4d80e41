import { expect, test } from "vitest";
import type { LotCard } from "../../../src/page/model.ts";
import type { Locale } from "../../../src/page/view/locale.ts";
import { renderDevice } from "../../../src/page/view/render-device.ts";
import { renderError } from "../../../src/page/view/render-error.ts";
import { renderHome } from "../../../src/page/view/render-home.ts";
import { renderLot } from "../../../src/page/view/render-lot.ts";
import { renderPreview } from "../../../src/page/view/render-preview.ts";
import { renderSignIn } from "../../../src/page/view/render-sign-in.ts";
import { htmlText } from "../../../src/report/html.ts";
import { deviceModel, homeModel, lotCard, lotModel, previewModel } from "../../fixtures/page-models.ts";

/** Every page with `text` wherever a name, an id, a cell or a message may stand. */
function pagesWith(text: string, locale: Locale): Readonly<Record<string, string>> {
  const reject = { line: 2, externalId: text, column: text, cell: text, reason: text, cure: text };
  const preview = previewModel({
    id: text,
    file: text,
    lot: text,
    job: text,
    issuer: text,
    reasons: { [text]: 3 },
    rejects: [reject],
    notes: [text],
  });
  const may = { stop: true, resume: true, sendAgain: true };
  const named: Partial<LotCard> = { key: text, job: text, file: `${text}.csv`, issuer: text, problem: text, may };
  const progress = { room: text, done: 1, total: 2, ratePerSecond: 1, secondsLeft: 20 };
  const card = lotCard(text, { ...named, state: "running", progress });
  const [authority] = homeModel().authorities;
  const [device] = deviceModel().devices;
  if (authority === undefined || device === undefined) throw new Error("the made-up models are empty");
  const [certificate] = device.certificates;
  if (certificate === undefined) throw new Error("no certificate");
  const frame = { mayAct: true, signedIn: true };
  const pages = {
    home: renderHome(
      homeModel({
        cards: [card],
        search: text,
        preview,
        authorities: [{ ...authority, name: text, problem: text }],
        schedules: [{ job: text, nextAtMs: null, problem: text }],
      }),
      locale,
    ),
    lot: renderLot(lotModel({ card, rejects: [reject], rejectsByReason: { [text]: 1 }, notes: [text] }), locale),
    device: renderDevice(
      deviceModel({
        query: text,
        problem: text,
        devices: [
          {
            ...device,
            externalId: text,
            lot: text,
            rejectReason: text,
            certificates: [{ ...certificate, serialNumber: text, sha256: text, issuer: text, reason: text }],
            events: [{ atMs: 0, kind: text }],
          },
        ],
      }),
      locale,
    ),
    preview: renderPreview({ ...frame, preview: { ...preview, problem: text } }, locale),
    error: renderError({ ...frame, status: 400, kind: "bad-request", message: text }, locale),
    signIn: renderSignIn({ problem: "wrong-token", waitSeconds: null, next: text }, locale),
  };
  return Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, htmlText(page)]));
}

/** Tags with the names of their attributes, as a browser would find them. */
function shapeOf(page: string): readonly string[] {
  return [...page.matchAll(/<\/?[a-z!][a-z0-9]*(?:\s+[a-z-]+(?:="[^"]*")?)*\s*>/gi)].map(([tag]) =>
    tag.replaceAll(/="[^"]*"/g, "").toLowerCase(),
  );
}

const EVIL = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `javascript:alert(1)`,
  `--><svg onload=alert(1)>`,
  `</title></textarea></style>`,
  `\u0000\u202e&lt;b&gt;`,
];

test.each(EVIL)("on every page a name, an id, a cell or a message such as %j stays text", (evil) => {
  const plain = pagesWith("x9", "en");
  const hostile = pagesWith(evil, "en");
  for (const [name, page] of Object.entries(hostile)) {
    expect(shapeOf(page), name).toEqual(shapeOf(plain[name] ?? ""));
    expect(page.match(/[<>]/g)?.length, name).toBe(plain[name]?.match(/[<>]/g)?.length);
    for (const [, address = ""] of page.matchAll(/(?:href|action|src)="([^"]*)"/g)) expect(address).toMatch(/^[/#]|^$/);
  }
});

test("no page holds a script, a style or a handler of its own, nor anything from elsewhere", () => {
  for (const locale of ["en", "de"] as const) {
    for (const [name, page] of Object.entries(pagesWith("x", locale))) {
      expect(page, name).not.toMatch(/<style|\sstyle=|\son\w+=|https?:|javascript:/i);
      const scripts = [...page.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
      expect(scripts, name).toEqual(['<script type="module" src="/assets/page.js">']);
      expect(page, name).toContain(`<html lang="${locale}">`);
    }
  }
});

test("an id stands once on a page, so that labels and descriptions lead where they should", () => {
  for (const [name, page] of Object.entries(pagesWith("x", "en"))) {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id = ""]) => id);
    expect(ids, name).toEqual([...new Set(ids)]);
    const named = [...page.matchAll(/\s(?:for|aria-labelledby|aria-describedby)="([^"]*)"/g)].map(([, id = ""]) => id);
    expect(
      named.filter((id) => !ids.includes(id)),
      name,
    ).toEqual([]);
  }
});
