import { performance } from "node:perf_hooks";
import { OnboardingError } from "../../domain/error.ts";
import type { CliContext } from "../context.ts";
import { forecastDrop } from "./forecast-drop.ts";
import { type PageArguments, pageSettings } from "./page-settings.ts";
import { readLedgerBeside } from "./read-ledger-beside.ts";
import type { OpenFace } from "./watch-home.ts";

/**
 * The page of a watcher, as --page and its companions ask for it; its server is loaded only here. Throws `usage` for what cannot be
 * served, before anything is begun.
 */
export async function openPage(
  args: PageArguments & { readonly once: boolean },
  context: CliContext,
): Promise<OpenFace> {
  if (args.once) {
    throw new OnboardingError("--page goes with a watcher that stays; leave out --once", { code: "usage" });
  }
  const settings = pageSettings(args, context);
  return async ({ control, record, assignment }) => {
    const { servePage } = await import("../../page/serve-page.ts");
    const { home, log, now } = context;
    const ledgers = readLedgerBeside(home, now);
    const page = await servePage(settings, {
      home,
      log,
      version: context.program.version,
      now,
      monotonic: () => performance.now(),
      control,
      record,
      useLedger: ledgers.use,
      hasPlatform: context.site().platform !== undefined,
      forecast: (file) => forecastDrop(file, context, ledgers, assignment),
    });
    log.info({ page: page.url }, `the page is at ${page.url}`);
    context.printJson({ page: page.url });
    return {
      close: async () => {
        await page.close();
        await ledgers.close();
      },
    };
  };
}
