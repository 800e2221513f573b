import type { Command } from 'commander';
import { awaitPlan, type PlanAwaited } from '../destroy/await-plan.ts';
import { describeDestroyEnd, destroyExitCode, followDestroy } from '../destroy/follow.ts';
import { describeDestroy, lookBeforeDestroy } from '../destroy/look.ts';
import { sendDestroy, type SentDestroy } from '../destroy/send-destroy.ts';
import { destroyLine, destroyReason, type DestroyOptions } from '../destroy/wish.ts';
import { plainLine } from '../../cluster-manager/wire.ts';
import type { DestroyRequest } from '../../domain/requests.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError, errorObject } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { withTemporal, type Temporal } from '../reach/open-temporal.ts';
import { chooseStore } from '../reach/read-config.ts';
import { readWatched } from '../reach/read-watched.ts';
import { webUiUrl } from '../reach/web-ui-url.ts';
import { isSigned, proofOf, readSigner, sayOrderer } from '../vote/person/signer.ts';
import { demandName, demandTyped } from '../vote/person/type-name.ts';
import { planForPrograms } from '../vote/plan/plan-for-programs.ts';
import { sayClocks } from '../vote/plan/show-plan.ts';

/** Reading the evidence takes a second or two; a guard that must be asked twice takes longer. */
const PLAN_WITHIN_MS = 15_000;

export function registerDestroy(program: Command): void {
  verb(program, 'destroy <store>', 'order that one Store be destroyed; people have to approve that very plan')
    .option('--cluster <name>', 'its cluster; the Store need not be configured then')
    .option('--reason <text>', 'why it is to go: who approves must know')
    .option('--key <file>', 'signs the order with this private key; unsigned, one approval more may be needed')
    .option('--as <name>', 'whose order it is; without --key only a name, which proves nothing')
    .option('--confirm <store>', "the Store's full name, where it is not typed")
    .option('--yes', 'do not ask; the name is needed all the same')
    .option('--wait', 'follow it to its outcome')
    .option('--dry-run', 'say what would be sent, and send nothing')
    .action(acting(destroy));
}

async function destroy(call: Call<DestroyOptions>): Promise<ExitCode> {
  const { args, options, screen, signal } = call;
  const config = await readWatched(call);
  const chosen = chooseStore(config, args[0] ?? '', options.cluster);
  const { store } = chosen;
  const cluster = chosen.cluster.name;
  const reason = destroyReason(options, store);
  const signer = await readSigner(
    options,
    `storekeeper destroy ${store} --reason "replaced by a newer Store" --key alice.key --as alice`,
  );
  if (options.dryRun !== true) demandName(options, screen, `destroy ${store}`, destroyLine(options, store, screen.json));
  return withTemporal(call, async (temporal) => {
    const seen = await lookBeforeDestroy(chosen, signal);
    const on = { columns: screen.canAsk ? screen.columns : null, paintSaid: screen.paintSaid };
    for (const line of describeDestroy(seen, config, reason, isSigned(signer), on)) screen.say(line);
    if (signer !== null) screen.say(`Orderer:   ${sayOrderer(signer)}`);
    if (options.dryRun === true) {
      const { look, siblings, coverage, consequence } = seen;
      const { quorum, approvers } = config.approval;
      const people = { quorum, approvers: approvers.map(({ name }) => name) };
      screen.answer({ dryRun: true, cluster, store, reason, look, siblings, coverage, consequence, ...people }, [
        'Nothing was sent.',
      ]);
      return EXIT.fine;
    }
    await demandTyped(options, store, screen, signal, 'order its destruction');
    // Signed at the last moment: an old signature proves nothing.
    const request = (): DestroyRequest => {
      const order = { cluster, store, reason };
      return { ...order, ...proofOf(signer, { action: 'destroy', ...order }, Date.now()) };
    };
    return tell(call, temporal, await sendDestroy(temporal, request), { cluster, store });
  });
}

async function tell(
  call: Call<DestroyOptions>,
  temporal: Temporal,
  sent: SentDestroy,
  target: { readonly cluster: string; readonly store: string },
): Promise<ExitCode> {
  const { options, screen, signal, env } = call;
  const url = webUiUrl(env, temporal.namespace, sent);
  screen.say(
    sent.how === 'started'
      ? `${sent.workflowId} started; it makes a plan first`
      : `${sent.workflowId} is open already: this order changes nothing there, and this is its plan`,
  );
  const awaited = await awaitPlan(temporal, sent, { timeoutMs: PLAN_WITHIN_MS, signal });
  if (awaited.kind === 'does not hold') throw doesNotHold(sent, awaited.faults);
  const plan = awaited.kind === 'plan' ? planForPrograms(awaited.view, awaited.open, Date.now()) : null;
  const data = { ...target, ...sent, url, plan };
  const lines = [...planLines(awaited), ...(url === null ? [] : [url])];
  if (awaited.kind !== 'over' && options.wait !== true) {
    const phase = awaited.kind === 'plan' ? awaited.view.phase : awaited.phase;
    screen.answer({ ...data, phase, outcome: null }, lines);
    screen.say('It waits without you: storekeeper plans, or --wait to follow it.');
    return EXIT.pending;
  }
  for (const line of lines) screen.say(line);
  if (awaited.kind !== 'over') screen.say('Ctrl-C ends the waiting, not the destroy');
  const followed = await followDestroy(temporal, sent, { signal, onNews: (news) => screen.say(`  ${news}`) });
  const error = followed.kind === 'failed' ? { error: errorObject(noOutcome(sent, followed.because)) } : {};
  const outcome = followed.kind === 'ended' ? followed.outcome : null;
  screen.answer({ ...data, phase: outcome?.kind ?? null, outcome, ...error }, describeDestroyEnd(followed));
  return destroyExitCode(followed);
}

function planLines(awaited: PlanAwaited): string[] {
  if (awaited.kind === 'none yet') return [`no plan yet: ${plainLine(awaited.phase)}`];
  if (awaited.kind !== 'plan') return [];
  const { view, open } = awaited;
  const { planId } = open.plan;
  return [
    `plan ${planId}`,
    `  digest ${open.digest}`,
    `  ${sayClocks(view, open.plan, Date.now())}; ${open.needed} ${open.needed === 1 ? 'approval' : 'approvals'} needed`,
    ...open.warnings.map((warning) => `  mind: ${plainLine(warning, 400)}`),
    'Those who approve run',
    `  storekeeper approve ${planId}${open.plan.approval.assurance.includes('signed') ? ' --key FILE --as NAME' : ''}`,
  ];
}

function doesNotHold({ workflowId }: SentDestroy, faults: readonly string[]): CommandError {
  return new CommandError('plan-does-not-hold', EXIT.refused, {
    what: `NOBODY SHOULD VOTE on what ${workflowId} shows`,
    why: faults.join('; '),
    mend: 'cancel it, and find out which worker shows that',
    run: `temporal workflow cancel --workflow-id ${workflowId}`,
  });
}

function noOutcome({ workflowId }: SentDestroy, because: string): CommandError {
  return new CommandError('destroy-failed', EXIT.trouble, {
    what: `${workflowId} ended without an outcome`,
    why: plainLine(because, 400),
    mend: 'look at its history in the Web UI, and at the Store',
    run: 'storekeeper check',
  });
}
