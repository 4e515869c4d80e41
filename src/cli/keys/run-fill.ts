import { availableParallelism } from "node:os";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT, exitCodeOf } from "../../domain/exit-code.ts";
import { nounFor } from "../../domain/noun-for.ts";
import { MIN_POOL_PASSPHRASE, poolPassphraseProblem } from "../../keystore/pool/open-pool.ts";
import { count } from "../../report/plain-text.ts";
import { askPassphrase } from "../ask-passphrase.ts";
import { askPassphraseAgain, noPassphraseSet } from "../ask-passphrase-again.ts";
import type { CliContext } from "../context.ts";
import { showProgress } from "../progress.ts";
import { fillHomePool } from "./fill-home-pool.ts";

/** `lotmint keys fill`: until the pool is full, or the first signal; what was made until then is kept. */
export async function runFill(context: CliContext): Promise<number> {
  const { home, log, signal, statusLine, now } = context;
  const wanted = context.site().keyPool;
  if (wanted === undefined) {
    throw new OnboardingError(`${home.siteFile} asks for no keys; add "keyPool: { rsa-2048: 1000 }"`, {
      code: "usage",
    });
  }
  const progress = showProgress(statusLine, log, now);
  const filled = await fillHomePool({
    home,
    wanted,
    signal,
    threads: availableParallelism(),
    useLedger: context.withLedger,
    passphrase: (isNew) => findPoolPassphrase(context, isNew),
    onForeign: (reason) => log.warn({ pool: home.keyPool }, `the key pool is begun anew: ${reason}`),
    onProgress: (algorithm, done, total) => progress({ lot: "key pool", room: `making ${algorithm}`, done, total }),
  });
  statusLine.clear();
  const stopped = signal.aborted && filled.some(({ available, wanted: most }) => available < most);
  const exitCode = stopped ? exitCodeOf(new OnboardingError("stopped", { code: "stopped" })) : EXIT.done;
  context.printJson({ keyPool: filled, exitCode });
  const lines = filled.map(
    ({ algorithm, available, wanted: most, added }) =>
      `${algorithm}: ${count(available)} of ${count(most)} ${nounFor(most, "key")}, ${count(added)} of them new`,
  );
  context.print([...lines, ...(stopped ? ["Stopped; run it again for the others."] : [])].join("\n"));
  return exitCode;
}

/** From the environment, else asked for on a terminal, a new pool's twice. Throws `usage` where there is none. */
async function findPoolPassphrase({ secrets, stdin, stderr }: CliContext, isNew: boolean): Promise<string> {
  const given = secrets.poolPassphrase();
  if (given !== undefined) return given;
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new OnboardingError(
      "no passphrase given for the key pool; set LOTMINT_POOL_PASSPHRASE or LOTMINT_POOL_PASSPHRASE_FILE",
      { code: "usage" },
    );
  }
  if (!isNew) return askPassphrase("Passphrase of the key pool: ", stdin, stderr);
  const question = {
    question: `New passphrase for the key pool, at least ${MIN_POOL_PASSPHRASE} characters: `,
    confirm: true,
    problem: poolPassphraseProblem,
    giveUp: noPassphraseSet("passphrase for the key pool"),
  };
  return askPassphraseAgain(question, stdin, stderr);
}
