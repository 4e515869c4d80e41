import { expect, test } from "vitest";
import { hasShim } from "../fixtures/hsm/soft-hsm.ts";
import { figuresOf, runBench } from "./run-bench.ts";

test.skipIf(!hasShim)(
  "bench:hsm tells what the token signs alone and what a lot gets of it (skipped without SoftHSM2, pkcs11js and gcc)",
  async () => {
    const text = await runBench("hsm", "--devices", "12", "--delay", "1", "--sessions", "2", "--seconds", "0.1");
    for (const line of ["the token alone:", "the lot, minting:"]) figuresOf(text, line, 2);
    figuresOf(text, "minting against the token:", 1);
    expect(text).toContain("wanted 0.95");
  },
);
