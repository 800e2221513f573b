import { inspect } from 'node:util';

const HIDDEN = '(not shown)';

/**
 * A secret of the configuration. It is had only by asking for it by name: JSON, digests, logs, errors and templates all
 * show that it is there, and nothing of it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
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
