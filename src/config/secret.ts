import { inspect } from 'node:util';

const HIDDEN = '(not shown)';

/**
 * A secret of the configuration. It is had only by asking for it by name: JSON, digests, logs, errors and templates all
 * show that it is there, and nothing of it.
 */
export class Secret {
  readonly #value: string | null;

  /** Null: it is not known to this process, which does not need it (see LoadOptions.secrets). */
  constructor(value: string | null) {
    this.#value = value;
  }

  get isKnown(): boolean {
    return this.#value !== null;
  }

  reveal(): string {
    if (this.#value === null) throw new Error('this secret was not read');
    return this.#value;
  }

  toJSON(): string {
    return HIDDEN;
  }

  toString(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
