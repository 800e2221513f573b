import type { Pause } from './messages.ts';
import { NEW_GUARD_PAUSE } from './state.ts';

export interface Resume {
  readonly by: string;
  /** Other people whose pauses end too; `*` for everybody's. */
  readonly of: readonly string[];
}

/** A resume ends the named pauses, the person's own, and that of a new guard. */
export function endsPause({ by, of }: Resume, pause: Pause): boolean {
  return of.includes('*') || [by, NEW_GUARD_PAUSE, ...of].includes(pause.by);
}
