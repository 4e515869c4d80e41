import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Actor } from "../../watch/watch-control.ts";
import { sendDone } from "../answer.ts";
import { PageError } from "../page-error.ts";
import type { PageTools } from "../page-tools.ts";

/** What may be asked for a lot. Who asked is in the event log. */
export function addActRoutes(server: FastifyInstance, { control }: Pick<PageTools, "control">): void {
  const acts = { stop: control.stop, resume: control.resume, send: control.sendAgain } as const;
  for (const [act, ask] of Object.entries(acts)) {
    server.post<{ Params: { lot: string } }>(`/lots/:lot/${act}`, async (request, reply) => {
      const { lot } = request.params;
      await ask(lot, actorOf(request));
      return sendDone(request, reply, backTo(request, lot));
    });
  }
}

/** Who asks. The guard lets nobody else come this far. */
export function actorOf({ visitor }: FastifyRequest): Actor {
  if (visitor?.role !== "operator") throw new PageError("this visitor may look only", { kind: "forbidden" });
  return visitor.actor;
}

/** The page that the button was on: the lot's own, or the list. */
function backTo({ headers }: FastifyRequest, lot: string): string {
  const own = `/lots/${encodeURIComponent(lot)}`;
  const from =
    typeof headers.referer === "string" && URL.canParse(headers.referer) ? new URL(headers.referer) : undefined;
  return from?.host === headers.host && from?.pathname === own ? own : "/";
}
