import type { FastifyInstance } from "fastify";
import { frameOf, localeOf, sendHtml } from "../answer.ts";
import type { AuthorityModel } from "../model.ts";
import { deviceModel } from "../models/device-model.ts";
import { homeModel, readListQuestion } from "../models/home-model.ts";
import { lotModel } from "../models/lot-model.ts";
import type { LotTable } from "../models/lot-table.ts";
import type { RateMemory } from "../models/rate-memory.ts";
import { PageError } from "../page-error.ts";
import type { PageTools } from "../page-tools.ts";
import type { Previews } from "../upload/previews.ts";
import { renderDevice } from "../view/render-device.ts";
import { renderHome } from "../view/render-home.ts";
import { renderLot } from "../view/render-lot.ts";

type Query = Readonly<Record<string, unknown>>;

/** What only looks: the list, a lot, a device. */
export function addLookRoutes(
  server: FastifyInstance,
  tools: PageTools,
  around: {
    readonly table: LotTable;
    readonly previews: Previews;
    readonly rates: RateMemory;
    readonly authorities: () => Promise<readonly AuthorityModel[]>;
  },
): void {
  const { table, previews, rates, authorities } = around;

  server.get<{ Querystring: Query }>("/", async (request, reply) => {
    const frame = frameOf(request);
    const model = await homeModel({
      ...frame,
      question: readListQuestion(request.query),
      table,
      control: tools.control,
      authorities: await authorities(),
      preview: frame.mayAct ? previews.current() : null,
    });
    return sendHtml(reply, renderHome(model, localeOf(request)));
  });

  server.get<{ Params: { lot: string } }>("/lots/:lot", async (request, reply) => {
    const model = await lotModel(request.params.lot, frameOf(request), tools, table, rates.of);
    if (model === undefined) throw new PageError("there is no lot of this name", { kind: "not-found" });
    return sendHtml(reply, renderLot(model, localeOf(request)));
  });

  server.get<{ Querystring: Query }>("/devices", async (request, reply) => {
    const { q } = request.query;
    const model = await deviceModel(typeof q === "string" ? q : "", frameOf(request), tools);
    return sendHtml(reply, renderDevice(model, localeOf(request)));
  });
}
