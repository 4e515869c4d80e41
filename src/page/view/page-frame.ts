import { type Html, html } from "../../report/html.ts";
import type { FrameModel } from "../model.ts";
import type { Locale } from "./locale.ts";
import { NOTHING } from "./parts.ts";
import { textsIn } from "./texts-in.ts";

interface Frame extends FrameModel {
  readonly title: string;
  readonly main: Html;
  /** The stream that keeps the page true; none: it stays as it is. */
  readonly stream?: string;
  /** Attributes of `<main>` that tell the script what the list shows. */
  readonly list?: Html;
  /** What the visitor looked for. */
  readonly query?: string;
}

/** A whole page around its matter. */
export function pageFrame(frame: Frame, locale: Locale): Html {
  const texts = textsIn(locale);
  const stream = frame.stream === undefined ? NOTHING : html` data-stream="${frame.stream}"`;
  const out = html`<form method="post" action="/sign-out"><button type="submit" class="quiet">${texts.signOut}</button></form>`;
  const look = frame.mayAct ? NOTHING : html`<p class="hint">${texts.lookOnly}</p>`;
  const find = html`<form class="find" role="search" action="/devices"><label for="device">${texts.findDevice}</label><input id="device" name="q" type="search" value="${frame.query ?? ""}" autocomplete="off" spellcheck="false" required><button type="submit" class="quiet">${texts.search}</button></form>`;
  return document({
    locale,
    title: frame.title,
    body: html`<body${stream} data-back="${texts.connectionBack}" data-failed="${texts.failedAct}" data-asked="${texts.asked}" data-several="${texts.severalChanged}">
<a class="skip" href="#content">${texts.toContent}</a>
<header class="top"><a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M16 1.500l12.500 7.250v14.500L16 30.500 3.500 23.250V8.750z"/><path class="tick" d="M9.500 16.500l4.500 4.500 8.500-10"/></svg>lotmint</a>${look}${frame.signedIn ? out : NOTHING}${find}</header>
<div id="connection" class="banner" role="alert"><p hidden>${texts.connectionLost} <a href="">${texts.reload}</a></p></div>
<p id="said" class="unseen" role="status"></p>
<main id="content" tabindex="-1"${frame.list ?? NOTHING}>${frame.main}</main>
</body>`,
  });
}

/** A page that stands alone: nothing of the program is shown around it. */
export function bareFrame(title: string, main: Html, locale: Locale): Html {
  return document({ locale, title, body: html`<body><main id="content" class="alone">${main}</main></body>` });
}

function document({ locale, title, body }: { locale: Locale; title: string; body: Html }): Html {
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – lotmint</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
<script type="module" src="/assets/page.js"></script>
</head>
${body}
</html>
`;
}
