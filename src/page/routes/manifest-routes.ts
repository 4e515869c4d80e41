import { once } from "node:events";
import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isDropName } from "../../watch/drop-name.ts";
import { frameOf, localeOf, sendDone, sendHtml, wantsJson } from "../answer.ts";
import { PageError } from "../page-error.ts";
import type { PageLimits } from "../page-tools.ts";
import { MOST_UPLOAD_OCTETS, type Previews } from "../upload/previews.ts";
import { renderPreview } from "../view/render-preview.ts";
import { actorOf } from "./act-routes.ts";

const FIELD = "manifest";
/** Around the file, in the same body. */
const MOST_OCTETS_AROUND = 64 * 1024;
const READ_REST_MS = 10_000;
const LONGEST_NAME = 255;

/** Handing a manifest in, looking at what a run would do with it, and starting it or not. */
export async function addManifestRoutes(
  server: FastifyInstance,
  previews: Previews,
  limits: PageLimits,
): Promise<void> {
  await server.register(multipart, {
    throwFileSizeLimit: false,
    limits: {
      // One more than may be: what is over shows as too much, and not as a shorter file.
      fileSize: MOST_UPLOAD_OCTETS + 1,
      files: 1,
      fields: 8,
      fieldSize: 1024,
      fieldNameSize: 100,
      parts: 10,
      headerPairs: 20,
    },
  });

  server.post("/manifests", { bodyLimit: MOST_UPLOAD_OCTETS + MOST_OCTETS_AROUND }, async (request, reply) => {
    actorOf(request);
    const silence = breakOffWhenSilent(request, limits);
    try {
      const part = await request.file();
      if (part === undefined || part.fieldname !== FIELD || part.filename === "") {
        throw new PageError(`the form has no file in its field ${FIELD}`, { kind: "bad-request" });
      }
      const name = baseName(part.filename);
      if (!isDropName(name)) {
        throw new PageError(`${JSON.stringify(name)} is no manifest's name; it has to end in .csv, .tsv or .txt`, {
          kind: "bad-request",
        });
      }
      const preview = await previews.receive(name, part.file);
      if (wantsJson(request)) return reply.code(201).send(preview);
      return reply.redirect(`/manifests/${preview.id}`, 303);
    } catch (error) {
      // A client that is gone is told nothing; one that is still sending would not hear it.
      if (request.raw.destroyed && !request.raw.complete) return reply.hijack();
      await readRest(request);
      throw error;
    } finally {
      silence.end();
    }
  });

  server.get<{ Params: { id: string } }>("/manifests/:id", async (request, reply) => {
    const frame = frameOf(request);
    const preview = previews.find(request.params.id);
    return sendHtml(reply, renderPreview({ ...frame, preview }, localeOf(request)));
  });

  server.post<{ Params: { id: string } }>("/manifests/:id/start", async (request, reply) => {
    await previews.start(request.params.id, actorOf(request));
    return sendDone(request, reply, "/");
  });

  server.post<{ Params: { id: string } }>("/manifests/:id/discard", async (request, reply) => {
    actorOf(request);
    previews.discard(request.params.id);
    return sendDone(request, reply, "/");
  });
}

/** The last part of a name: browsers send no folders, others might. */
function baseName(name: string): string {
  return (name.split(/[/\\]/).at(-1) ?? "").replace(/\p{Cc}/gu, "").slice(-LONGEST_NAME);
}

/** Lets a client send the rest of what is not wanted, for a while: before that it does not read our answer. */
async function readRest({ raw }: FastifyRequest): Promise<void> {
  if (raw.complete || raw.readableEnded) return;
  raw.unpipe();
  raw.resume();
  const stop = new AbortController();
  const pause = setTimeout(() => stop.abort(), READ_REST_MS);
  await once(raw, "end", { signal: stop.signal }).catch(() => undefined);
  clearTimeout(pause);
}

/** Breaks the connection of a client that begins a body and then sends nothing. */
function breakOffWhenSilent(
  { raw }: FastifyRequest,
  { silentMs: most, checkMs }: PageLimits,
): { readonly end: () => void } {
  let octets = raw.socket.bytesRead;
  let silentMs = 0;
  const timer = setInterval(() => {
    // While the disk is waited for, nothing is read, and the client is not to blame.
    silentMs = raw.socket.bytesRead === octets && !raw.isPaused() && !raw.complete ? silentMs + checkMs : 0;
    octets = raw.socket.bytesRead;
    if (silentMs >= most) raw.destroy(new Error("nothing more came"));
  }, checkMs);
  return { end: () => clearInterval(timer) };
}
