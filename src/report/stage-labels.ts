import type { Stage } from "../domain/stage.ts";

/** What a stage means to somebody who does not know this program. */
export const STAGE_LABELS: Readonly<Record<Stage, string>> = {
  planned: "still to be made",
  reserved: "being made",
  minted: "made",
  listed: "ready to be sent",
  submitted: "sent, not answered yet",
  confirmed: "confirmed by the platform",
  rejected: "rejected",
  revoked: "revoked",
};
