/** An OMS that answers what a test tells it to, when it tells it to. */
import { Secret } from '../../src/config/secret.ts';
import type { OmsAccess } from '../../src/domain/ask-witness.ts';
import type { Discovering, OmsView } from '../../src/inventory/discovery.ts';
import type { OmsListing } from '../../src/domain/witness.ts';

export class ScriptedOms implements OmsView {
  /** What it answers; a function may take its time. */
  answer: OmsListing | ((signal: AbortSignal) => Promise<OmsListing>) = { kind: 'listed', stores: [] };
  readonly asked: (readonly string[])[] = [];
  readonly accesses: OmsAccess[] = [];
  closed = 0;

  readonly connect = (access: OmsAccess): OmsView => {
    this.accesses.push(access);
    return this;
  };

  async listStores(projects: readonly string[], signal: AbortSignal = new AbortController().signal): Promise<OmsListing> {
    this.asked.push(projects);
    return typeof this.answer === 'function' ? this.answer(signal) : this.answer;
  }

  witnessFor(): ReturnType<OmsView['witnessFor']> {
    return { ask: () => Promise.resolve({ kind: 'silent', because: 'not listed', detail: '' }) };
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

export function discovering(parts: Partial<Discovering['discover']> = {}): Discovering {
  return {
    name: 'c1',
    discover: {
      oms: 'http://127.0.0.1:1',
      user: 'storekeeper',
      password: new Secret('hunter2'),
      projects: ['np_1'],
      everyMs: 300_000,
      graceMs: 3_600_000,
      timeoutMs: 200,
      ...parts,
    },
  };
}
