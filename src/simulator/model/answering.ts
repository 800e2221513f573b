import type { Verb } from '../../domain/command.ts';
import { takeOn } from './advance.ts';
import type { Cluster } from './cluster.ts';
import { commandBody, detailBody, HTML_PAGE, MALFORMED, notFoundBody, refusalBody, type ShownFacts } from './bodies.ts';
import { activeFault, look, type Look, spend, type StoreModel } from './store-model.ts';

/** How CM will treat one request. */
export interface AnswerPlan {
  /** How long it takes, already divided by the speed. */
  readonly afterMs: number;
  readonly reply: Reply;
  /** For a command: whether CM carries it out. */
  readonly carriedOut: boolean;
  readonly note: string;
}

export type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly type: 'json' | 'html'; readonly body: string }
  /** The connection is cut where the answer should come. */
  | { readonly kind: 'lost' }
  /** The connection stays open. */
  | { readonly kind: 'never' };

/**
 * How long commands take, and when their effect shows. Field report of one real site: clear 22.1 s with the Store unloaded
 * 12 s in; restore 39.8 s, with the start line 3 s before the answer. Nothing is known of destroy.
 */
export const COMMAND_TIMES_MS: Readonly<Record<Verb, { readonly effectMs: number; readonly answerMs: number }>> = {
  stop: { effectMs: 12_000, answerMs: 22_000 },
  restart: { effectMs: 37_000, answerMs: 40_000 },
  destroy: { effectMs: 1000, answerMs: 2000 },
};

const CUT: AnswerPlan = {
  afterMs: 0,
  reply: { kind: 'lost' },
  carriedOut: false,
  note: 'the whole CM is down: cut without an answer',
};

/** What CM answers to `detail` of this Store. The answer tells the state of `nowMs`, however late it comes. */
export function planDetail(cluster: Cluster, name: string, nowMs: number): AnswerPlan {
  if (cluster.isDown(nowMs)) return CUT;
  const store = cluster.find(name, nowMs);
  if (store === undefined) return answered(0, notFoundBody(name), 'no such Store');
  const slow = activeFault(store, 'slow');
  const afterMs = slow === undefined ? 0 : slow.fault.delay / store.speed;
  const late = slow === undefined ? '' : 'slow';
  if (activeFault(store, 'not-found') !== undefined) return answered(afterMs, notFoundBody(name), 'not found');
  const html = activeFault(store, 'html', (fault) => fault.affects !== 'commands');
  if (html !== undefined) return page(afterMs, html.fault.status, false);
  const malformed = activeFault(store, 'malformed', (fault) => fault.affects !== 'commands');
  const wrong = activeFault(store, 'wrong-store');
  const facts = wrong === undefined ? store.facts : standIn(cluster, store, wrong.fault.as, nowMs);
  const shown = cluster.find(facts.name, nowMs) ?? store;
  const seen = look(shown, nowMs);
  const body = detailBody(facts, seen, lastSaid(shown));
  if (malformed !== undefined)
    return answered(afterMs, MALFORMED[malformed.fault.shape](body), `malformed: ${malformed.fault.shape}`);
  if (wrong !== undefined) return answered(afterMs, body, `about another Store: ${facts.name}`);
  return answered(afterMs, body, [late, trouble(seen)].filter((word) => word !== '').join(', '));
}

/** What the log says of an answer that does not show a healthy Store: tests hold commands against it. */
function trouble({ status, active }: Look): string {
  if (status === 0 && active) return '';
  return `status ${status}${active ? '' : ', not active'}`;
}

function lastSaid(store: StoreModel): string | undefined {
  return store.faults.flatMap(({ active, fault }) => (active && fault.kind === 'says' ? [fault.message] : [])).at(-1);
}

/** What CM does with a command and answers to it. A command that is carried out has its effect even if nobody waits. */
export function planCommand(cluster: Cluster, verb: Verb, name: string, nowMs: number): AnswerPlan {
  if (cluster.isDown(nowMs)) return CUT;
  const store = cluster.find(name, nowMs);
  if (store === undefined) return answered(0, notFoundBody(name), 'no such Store');
  const html = activeFault(store, 'html', (fault) => fault.affects !== 'detail');
  if (html !== undefined && !html.fault.carriedOut) return page(0, html.fault.status, false);
  if (activeFault(store, 'not-found') !== undefined) return answered(0, notFoundBody(name), 'not found');
  const refuse = activeFault(store, 'refuse', (fault) => fault.verb === verb);
  if (refuse !== undefined) {
    spend(store, refuse);
    return answered(0, refusalBody(refuse.fault.errCode, refuse.fault.errMsg), `refused: ${refuse.fault.errCode}`);
  }
  const { effectMs, answerMs } = COMMAND_TIMES_MS[verb];
  takeOn(store, verb, nowMs, effectMs / store.speed);
  return { ...carryOut(store, verb), afterMs: answerMs / store.speed, carriedOut: true };
}

function carryOut(store: StoreModel, verb: Verb): Pick<AnswerPlan, 'reply' | 'note'> {
  const hang = activeFault(store, 'hang', (fault) => fault.verb === verb);
  if (hang !== undefined) {
    spend(store, hang);
    return { reply: { kind: 'never' }, note: 'carried out, never answered' };
  }
  const lost = activeFault(store, 'answer-lost', (fault) => fault.verb === verb);
  if (lost !== undefined) {
    spend(store, lost);
    return { reply: { kind: 'lost' }, note: 'carried out, the answer is lost' };
  }
  const html = activeFault(store, 'html', (fault) => fault.affects !== 'detail');
  if (html !== undefined) return page(0, html.fault.status, true);
  const malformed = activeFault(store, 'malformed', (fault) => fault.affects !== 'detail');
  const body = commandBody(store.facts.name);
  if (malformed === undefined) return answered(0, body, '');
  return answered(0, MALFORMED[malformed.fault.shape](body), `carried out, malformed: ${malformed.fault.shape}`);
}

function answered(afterMs: number, body: string, note: string): AnswerPlan {
  return { afterMs, reply: { kind: 'answer', status: 200, type: 'json', body }, carriedOut: false, note };
}

function page(afterMs: number, status: number, carriedOut: boolean): AnswerPlan {
  const note = carriedOut ? 'carried out behind an HTML page' : 'an HTML page';
  return { afterMs, reply: { kind: 'answer', status, type: 'html', body: HTML_PAGE }, carriedOut, note };
}

/** Whom CM talks about instead: the Store named, the next of the cluster, or a sibling that nobody made. */
function standIn(cluster: Cluster, asked: StoreModel, as: string | undefined, nowMs: number): ShownFacts {
  const other = as === undefined ? cluster.after(asked, nowMs) : cluster.find(as, nowMs);
  if (other !== undefined) return other.facts;
  const name = as ?? asked.facts.name.replace(/\d{10}$/, asked.facts.seq === '0000009999' ? '0000009998' : '0000009999');
  const [, subtopic = '', seq = ''] = name.split(':');
  return { ...asked.facts, name, subtopic, seq };
}
