import type { RevocationLists } from "../revocation-lists.ts";
import { damaged } from "./damaged.ts";
import type { Engine } from "./engine.ts";
import { digestLines, SITE } from "./event-digest.ts";

const PAGE_SERIALS = 2000;

/** Revocation lists: what belongs into one, which ones there are, and what a platform was told of them. */
export function revocationListRules({ read, write }: Engine): RevocationLists {
  return {
    revokedSerials: async function* (issuer) {
      for (let after = 0; ; ) {
        const from = after;
        const page = await read((on) => on.revokedPage(issuer, from, PAGE_SERIALS));
        const last = page.at(-1);
        if (last === undefined) break;
        yield page.map(({ serialNumber, revokedAtMs, reason }) => ({ serialNumber, revokedAtMs, reason }));
        after = last.id;
      }
      for (let after = ""; ; ) {
        const from = after;
        const page = await read((on) => on.adoptedRevokedPage(issuer, from, PAGE_SERIALS));
        const last = page.at(-1);
        if (last === undefined) return;
        yield page;
        after = last.serialNumber;
      }
    },
    revocationList: (issuer) => read((on) => on.revocationList(issuer)),
    reserveCrl: (issuer) =>
      write(async (on, append) => {
        const number = await on.nextCrl(issuer);
        append({ chain: SITE, kind: "crl-reserved", subject: issuer, detail: { number } });
        return number;
      }),
    recordCrl: (list) =>
      write(async (on, append) => {
        const { issuer, number, entries, sha256 } = list;
        if (!(await on.recordCrl(list))) throw damaged(`revocation list ${number} of ${issuer} is not reserved`);
        append({ chain: SITE, kind: "crl-written", subject: issuer, detail: { number, entries, sha256 } });
      }),
    lotsUnderWay: (issuer) => read((on) => on.lotsUnderWay(issuer)),

    unpushedSerials: ({ issuer, platform, after, limit }) => read((on) => on.unpushed(issuer, platform, after, limit)),
    countUnpushed: (issuer) => read((on) => on.countUnpushed(issuer)),
    openPush: ({ issuer, platform, serialNumbers }) =>
      write(async (on, append) => {
        // A push that never got its answer recorded: the next one sends the same again.
        await on.forgetPushes(issuer);
        const push = await on.addPush(issuer, platform, serialNumbers.length);
        const detail = { push, platform, serials: serialNumbers.length, digest: digestLines(serialNumbers) };
        append({ chain: SITE, kind: "push-opened", subject: issuer, detail });
        return push;
      }),
    closePush: (push, { kind, message = null, serialNumbers }) =>
      write(async (on, append) => {
        const closed = await on.closePush(push, kind, message);
        if (closed === undefined) throw damaged(`push ${push} is not open`);
        if (kind === "answered") await on.markPushed(push, serialNumbers);
        const detail = { push, outcome: kind, serials: closed.serials };
        append({ chain: SITE, kind: "push-closed", subject: closed.issuer, detail });
      }),
  };
}
