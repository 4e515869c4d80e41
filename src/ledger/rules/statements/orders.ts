import type { StoppedLot } from "../../orders.ts";

export interface OrderStatements {
  /** False when the lot of this folded name is there already. */
  addStop(folded: string, lot: string): Promise<boolean>;
  /** False when there is none. */
  removeStop(folded: string): Promise<boolean>;
  stops(): Promise<readonly StoppedLot[]>;
  addSend(folded: string, lot: string): Promise<boolean>;
  removeSend(folded: string): Promise<boolean>;
  sends(): Promise<readonly string[]>;
}
