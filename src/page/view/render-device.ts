import { type Html, html } from "../../report/html.ts";
import type { CertificateModel, DeviceEntry, DeviceModel } from "../model.ts";
import { dayText, momentText, numberText } from "./figures.ts";
import type { Locale } from "./locale.ts";
import { pageFrame } from "./page-frame.ts";
import { facts, inPath, NOTHING, programText } from "./parts.ts";
import { textsIn } from "./texts-in.ts";

/** What is known of a device. */
export function renderDevice(model: DeviceModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const { query, devices, problem } = model;
  const none = devices.length > 0 || problem !== null ? NOTHING : html`<p class="none">${texts.noDevice(query)}</p>`;
  const why = problem === null ? NOTHING : html`<p class="problem failed">${programText(problem, locale)}</p>`;
  const found = devices.map((device) => deviceSection(device, locale));
  const main = html`<p class="over"><a href="/">${texts.allLots}</a></p><h1>${texts.devicePage} ${query}</h1>${none}${why}${found}`;
  return pageFrame({ ...model, title: `${texts.devicePage} ${query}`, main, query }, locale);
}

function deviceSection(device: DeviceEntry, locale: Locale): Html {
  const texts = textsIn(locale);
  const { externalId, lot, line, stage, rejectReason, certificates, events } = device;
  const why = rejectReason === null ? null : programText(rejectReason, locale);
  const known = facts([
    [texts.lot, html`<a href="/lots/${inPath(lot)}">${lot}</a>`],
    [texts.line, line === null ? null : numberText(line)],
    [texts.stage, texts.stages[stage]],
    [texts.reason, why],
  ]);
  const told = events.map(
    ({ atMs, kind }) => html`<li>${momentText(atMs, locale)} <span lang="en">${kind}</span></li>`,
  );
  const history = told.length === 0 ? NOTHING : html`<h3>${texts.history}</h3><ol class="history">${told}</ol>`;
  return html`<section class="panel"><h2>${externalId}</h2>${known}<h3>${texts.certificates}</h3>${certificateTable(certificates, locale)}${history}</section>`;
}

function certificateTable(certificates: readonly CertificateModel[], locale: Locale): Html {
  const texts = textsIn(locale);
  if (certificates.length === 0) return html`<p>${texts.noCertificates}</p>`;
  const rows = certificates.map((certificate) => {
    const { serialNumber, sha256, issuer, notBeforeMs, notAfterMs, state, reason, atMs } = certificate;
    const day = (ms: number | null) => (ms === null ? "–" : dayText(ms, locale));
    const why = reason === null ? NOTHING : html` <span lang="en">${reason}</span>`;
    const at = atMs === null ? NOTHING : html` ${momentText(atMs, locale)}`;
    const print = sha256 === null ? NOTHING : html`<p class="soft">${texts.fingerprint} <code>${sha256}</code></p>`;
    return html`<tr><td>${texts.certificateStates[state]}${why}${at}</td><td><code>${serialNumber}</code>${print}</td><td>${issuer}</td><td>${day(notBeforeMs)} – ${day(notAfterMs)}</td></tr>`;
  });
  const heads = [texts.state, texts.serialNumber, texts.issuer, texts.valid].map(
    (head) => html`<th scope="col">${head}</th>`,
  );
  return html`<div class="wide" tabindex="0" role="region" aria-label="${texts.certificates}"><table><caption>${texts.certificates}</caption><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
