import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { PAGE_ASSETS } from "../page-assets.ts";

const ASSETS: readonly (readonly [name: string, type: string])[] = [
  ["page.css", "text/css; charset=utf-8"],
  ["page.js", "text/javascript; charset=utf-8"],
  ["icon.svg", "image/svg+xml"],
];

/** Style, script and picture of the page: files of the program, read once, that hold nothing of the home. */
export function addAssetRoutes(server: FastifyInstance): void {
  for (const [name, type] of ASSETS) {
    const content = readFileSync(new URL(name, PAGE_ASSETS));
    const tag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
    server.get(`/assets/${name}`, { config: { open: true } }, async (request, reply) => {
      // Asked for again each time, and mostly answered without the file.
      reply.header("cache-control", "no-cache").header("etag", tag);
      return request.headers["if-none-match"] === tag ? reply.code(304).send() : reply.type(type).send(content);
    });
  }
}
