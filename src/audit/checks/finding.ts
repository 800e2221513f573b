import type { Command } from '../history/commands.ts';
import type { RunRecord } from '../history/run-record.ts';
import type { CommandAudit, OpenDebt, Violation } from '../report.ts';

/** What the checks of one run write down. */
export class Finding {
  readonly violations: Violation[] = [];
  readonly openDebts: OpenDebt[] = [];
  readonly runNotShown: string[] = [];
  readonly #record: RunRecord;
  readonly #notShown = new Map<Command, string[]>();

  constructor(record: RunRecord) {
    this.#record = record;
  }

  /** What a reset brought along is judged as the old run's, and not again here. */
  broken(invariant: number, eventId: number, what: string, command: Command | null = null): void {
    if (command?.broughtByReset === true || eventId < this.#record.ownFrom) return;
    this.violations.push({ invariant, run: this.#record.run, eventId, commandId: command?.commandId ?? null, what });
  }

  notShown(command: Command | null, what: string): void {
    if (command === null) {
      if (!this.runNotShown.includes(what)) this.runNotShown.push(what);
      return;
    }
    this.#notShown.set(command, [...(this.#notShown.get(command) ?? []), what]);
  }

  notShownOf(command: Command): CommandAudit['notShown'] {
    return this.#notShown.get(command) ?? [];
  }
}
