/** Which way a project is built. Pure. */
import { type Builder, type BuilderOffer, fault, type ProjectSettings } from '@joh/protocol';

export interface Circumstances {
  /** `joh.json`, or null when there is none that can be read. */
  settings: ProjectSettings | null;
  hasDefaultNix: boolean;
  /** E.g. `2.26.3`; null where there is no Nix. */
  nixVersion: string | null;
}

/**
 * The tools are the default of a project that describes what they need: they build again in the time that
 * only the changed step takes, and know how full the device is. Nix is the default of all others.
 */
export function chooseBuilder(circumstances: Circumstances, asked?: Builder): Builder {
  const { settings } = circumstances;
  if (asked ?? settings?.builder) return asked ?? settings?.builder ?? 'tools';
  if (settings?.board || settings?.testbench) return 'tools';
  return missingOf(circumstances, 'nix-build') === null ? 'nix-build' : 'tools';
}

export const buildersOf = (
  circumstances: Circumstances,
): { chosen: Builder; offers: BuilderOffer[] } => ({
  chosen: chooseBuilder(circumstances),
  offers: (['tools', 'nix-build'] as const).map((builder) => ({
    builder,
    missing: missingOf(circumstances, builder),
  })),
});

/** @throws Fault `E_BUILD_CONFIGURATION` when the project cannot be built that way here. */
export function requireBuilder(circumstances: Circumstances, builder: Builder): void {
  // What is wrong with the description of the tools' steps is told where they are read.
  const reason = builder === 'nix-build' ? missingOf(circumstances, builder) : null;
  if (reason) throw fault('E_BUILD_CONFIGURATION', { reason });
}

function missingOf(
  { settings, hasDefaultNix, nixVersion }: Circumstances,
  builder: Builder,
): string | null {
  if (builder === 'tools') {
    if (settings?.board || settings?.testbench) return null;
    return settings
      ? 'joh.json names neither a board nor a testbench'
      : 'there is no joh.json at the top of the project';
  }
  if (!hasDefaultNix) return 'there is no default.nix at the top of the project';
  return nixVersion === null ? 'this session has no Nix' : null;
}
