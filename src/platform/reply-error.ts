import { OnboardingError } from "../domain/error.ts";
import type { Unanswered } from "./platform.ts";

/** What was asked of the platform, for people: "register devices", and the role that it takes. */
export interface Asked {
  readonly doing: string;
  readonly role: string;
}

/** What the platform's last answer means and what to do about it, in one sentence. */
export function replyMessage(reply: Unanswered, { doing, role }: Asked): string {
  const { message } = reply;
  if (reply.kind === "refused") {
    switch (reply.status) {
      case 401:
        return `the platform refuses the login (${message}): check platform.tenant, platform.user and the password or token`;
      case 403:
        return `the platform does not let this user ${doing} (${message}): give it the role ${role}`;
      case 0:
        return message;
      default:
        return `the platform refuses to ${doing} (${message})`;
    }
  }
  return `the platform did not ${doing} (${message}): run again later, nothing is lost`;
}

/** The error that ends a run: `platform-refused` for a no, `platform-unreachable` for no useful answer. */
export function replyError(reply: Unanswered, asked: Asked): OnboardingError {
  return new OnboardingError(replyMessage(reply, asked), {
    code: reply.kind === "refused" ? "platform-refused" : "platform-unreachable",
  });
}
