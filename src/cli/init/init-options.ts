/** What `lotmint init` was told on the command line; undefined: asked for on a terminal, else the default. */
export interface InitArguments {
  readonly dir?: string | undefined;
  readonly sandbox: boolean;
  readonly platform?: string | undefined;
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly withoutPlatform: boolean;
  readonly organization?: string | undefined;
  readonly root?: string | undefined;
  readonly intermediate?: string | undefined;
  readonly job?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly rootPassphraseFile?: string | undefined;
}

/** Which platform lotmint.yaml is to name. */
export type PlatformChoice =
  | { readonly kind: "sandbox" | "none" }
  | { readonly kind: "tenant"; readonly url: string; readonly tenant: string; readonly user: string };

/** Names of what `init` makes. */
export const INIT_DEFAULTS = { root: "root", intermediate: "line-1", job: "first" } as const;
