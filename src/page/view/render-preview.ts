import { type Html, html } from "../../report/html.ts";
import type { PreviewPageModel } from "../model.ts";
import type { Locale } from "./locale.ts";
import { pageFrame } from "./page-frame.ts";
import { panel } from "./parts.ts";
import { previewSection } from "./preview-section.ts";
import { textsIn } from "./texts-in.ts";

/** The page of one preview; the script takes its section over into the page of all lots. */
export function renderPreview(model: PreviewPageModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const title = texts.previewOf(model.preview.file);
  const main = html`<p class="over"><a href="/">${texts.allLots}</a></p><h1>${texts.title}</h1>${panel("new-lot", texts.newLot, previewSection(model.preview, model.mayAct, locale))}`;
  return pageFrame({ ...model, title, main }, locale);
}
