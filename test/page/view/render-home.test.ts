import { expect, test } from "vitest";
import { renderHome } from "../../../src/page/view/render-home.ts";
import { htmlText } from "../../../src/report/html.ts";
import { homeModel, lotCard, previewModel } from "../../fixtures/page-models.ts";

test("there is one file input, named by its label, in a form that works without a script", () => {
  const page = htmlText(renderHome(homeModel(), "de"));
  expect(page.match(/type="file"/g)).toHaveLength(1);
  expect(page).toContain('<label for="manifest">Geräteliste</label><input id="manifest" name="manifest" type="file"');
  expect(page).toMatch(/<form class="upload" method="post" action="\/manifests" enctype="multipart\/form-data"/);
});

test("each state has a tile with its count that leads to the lots of that state", () => {
  const page = htmlText(renderHome(homeModel({ search: "A&B", filter: "partial" }), "en"));
  expect(page).toMatch(/href="\/\?state=failed&amp;q=A%26B"[^>]*>.*?<b data-count="failed">1<\/b>/);
  expect(page).toMatch(/class="tile state-partial" href="[^"]*" aria-current="true"/);
  expect(page).toContain('<b data-count="all">6</b>');
});

test("a visitor who may look only finds nothing to post but signing out", () => {
  const page = htmlText(renderHome(homeModel({ mayAct: false, signedIn: true, preview: previewModel() }), "en"));
  expect([...page.matchAll(/<form[^>]*method="post" action="([^"]*)"/g)].map(([, action]) => action)).toEqual([
    "/sign-out",
  ]);
  expect(page).not.toContain('type="file"');
  expect(page).toContain("You may look only.");
});

test("pages of the list link to one another and keep filter and search, and so does the stream", () => {
  const page = htmlText(renderHome(homeModel({ page: 2, pages: 100, filter: "done", search: "L" }), "en"));
  expect(page).toContain('<a rel="prev" href="/?state=done&amp;q=L">');
  expect(page).toContain('<a rel="next" href="/?state=done&amp;q=L&amp;page=3">');
  expect(page).toContain("Page 2 of 100");
  expect(page).toContain('data-stream="/events?state=done&amp;q=L&amp;page=2"');
  const last = htmlText(renderHome(homeModel({ page: 100, pages: 100 }), "en"));
  expect(last).not.toContain('rel="next"');
});

test("an empty list says what to do, and a narrowed one that nothing matches", () => {
  expect(htmlText(renderHome(homeModel({ cards: [] }), "en"))).toContain('<p class="none">No lot yet.');
  expect(htmlText(renderHome(homeModel({ cards: [], search: "x" }), "en"))).toContain(
    '<p class="none">No lot matches.',
  );
  expect(htmlText(renderHome(homeModel({ cards: [lotCard("L1")] }), "en"))).toContain('<p class="none" hidden>');
});

test("an authority shows what it has issued each day, idle days as nothing, and that it ends soon", () => {
  const page = htmlText(renderHome(homeModel(), "en"));
  expect(page).toContain('<b class="long">2\u00a0380 days left</b>');
  expect(page).toContain('<b class="short">25 days left</b>');
  expect(page).toMatch(
    /aria-label="Certificates that line-3 issued each day: 5\u00a0000 on 20 Nov 2026, .*24 Nov 2026"/,
  );
  const history = [
    { day: "2026-11-01", issued: 10 },
    { day: "2026-11-11", issued: 10 },
  ];
  const [authority] = homeModel().authorities;
  if (authority === undefined) throw new Error("no authority");
  const sparse = htmlText(renderHome(homeModel({ authorities: [{ ...authority, history }] }), "en"));
  const [, line = ""] = /class="line" d="M([^"]+)"/.exec(sparse) ?? [];
  expect(line.split("L").map((point) => point.split(" ")[1] === "160.0")).toEqual([false, true, true, false]);
});

test("a schedule that cannot be read says why", () => {
  const page = htmlText(renderHome(homeModel(), "de"));
  expect(page).toContain('<span lang="en">The schedule is none</span>');
});
