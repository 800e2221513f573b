import type { Command } from 'commander';
import type { Order } from '../../domain/requests.ts';
import { followHeal, exitCodeOf, type Followed } from '../heal/follow.ts';
import { describePlan, planHeal, type HealPlan } from '../heal/plan.ts';
import { isHealOpen, sendHeal, type SentHeal } from '../heal/send-heal.ts';
import { demandYes, orderOf, type HealOptions } from '../heal/wish.ts';
import { acting, verb, type Call } from '../program/call.ts';
import { CommandError, type ErrorObject } from '../program/command-error.ts';
import { EXIT, type ExitCode } from '../program/exit-codes.ts';
import { withTemporal, type Temporal } from '../reach/open-temporal.ts';
import { chooseStore } from '../reach/read-config.ts';
import { readWatched } from '../reach/read-watched.ts';
import { webUiUrl } from '../reach/web-ui-url.ts';
import { confirm } from '../screen/confirm.ts';
import { ahead } from '../screen/times.ts';
import { proofOf, readSigner, sayOrderer, type Signer } from '../vote/person/signer.ts';

export function registerHeal(program: Command): void {
  verb(program, 'heal <store>', 'heal one Store; with --reason as an order: stop and restart on one trusted reading')
    .option('--cluster <name>', 'its cluster; the Store need not be configured then')
    .option('--reason <text>', 'makes it an order, and says why')
    .option('--override <list>', 'what the order passes: mode, brake, cooldown, budget (with commas)')
    .option('--restart-healthy', 'the order counts for a healthy Store, too')
    .option('--key <file>', 'signs the order with this private key')
    .option('--as <name>', 'whose order it is; without --key only a name, which proves nothing')
    .option('--yes', 'do not ask')
    .option('--wait', 'follow it to its outcome')
    .option('--dry-run', 'say what would be sent, and send nothing')
    .action(acting(heal));
}

async function heal(call: Call<HealOptions>): Promise<ExitCode> {
  const { args, options, screen, signal } = call;
  const config = await readWatched(call);
  const chosen = chooseStore(config, args[0] ?? '', options.cluster);
  const order = orderOf(options, chosen.store);
  const signer = await readSigner(
    options,
    `storekeeper heal ${chosen.store} --reason "the reader is stuck" --key alice.key --as alice`,
  );
  if (options.yes !== true && options.dryRun !== true && !screen.canAsk) demandYes(options, chosen.store, screen.json);
  return withTemporal(call, async (temporal) => {
    const plan = await planHeal(chosen, order, signal);
    const openAlready = await isHealOpen(temporal, plan.cluster.name, plan.store);
    for (const line of describePlan(plan, openAlready, screen.paintSaid)) screen.say(line);
    if (signer !== null) screen.say(`Ordered by ${sayOrderer(signer)}`);
    if (options.dryRun === true) {
      const sent = { cluster: plan.cluster.name, store: plan.store, order };
      screen.answer({ dryRun: true, ...sent, openAlready, look: plan.look, siblings: plan.siblings }, ['Nothing was sent.']);
      return EXIT.fine;
    }
    if (options.yes !== true && !(await confirm(screen, 'Send it?', signal))) throw notAgreed(plan);
    return sendAndTell(call, temporal, plan, signer);
  });
}

function notAgreed({ store }: HealPlan): CommandError {
  return new CommandError('not-agreed', EXIT.refused, {
    what: `Nothing was sent for ${store}`,
    why: 'you did not say yes',
    mend: 'run it again when you are sure',
  });
}

async function sendAndTell(
  call: Call<HealOptions>,
  temporal: Temporal,
  plan: HealPlan,
  signer: Signer | null,
): Promise<ExitCode> {
  const { options, screen, signal } = call;
  const { cluster, store } = plan;
  const order = plan.order === null ? null : ordered(plan, plan.order, signer);
  const sent = await sendHeal(temporal, { cluster: cluster.name, store, order });
  const url = webUiUrl(call.env, temporal.namespace, sent);
  const data = { cluster: cluster.name, store, ...sent, url };
  if (options.wait !== true) {
    screen.answer({ ...data, outcome: null }, [`${sent.workflowId}  ${sent.how}`, ...(url === null ? [] : [url])]);
    screen.say('It goes on without you: storekeeper status, or --wait to follow it.');
    return EXIT.pending;
  }
  screen.say(`${sent.workflowId} ${sent.how}; Ctrl-C ends the waiting, not the heal`);
  const followed = await followHeal(temporal, sent, { signal, onPhase: (phase) => screen.say(`  ${phase}`) });
  const error = followed.kind === 'failed' ? { error: failure(sent, followed.because) } : {};
  screen.answer({ ...data, outcome: followed.kind === 'ended' ? followed.outcome : null, ...error }, describeEnd(followed));
  return exitCodeOf(followed);
}

function ordered({ cluster, store }: HealPlan, order: Order, signer: Signer | null): Order {
  return { ...order, ...proofOf(signer, { action: 'heal', cluster: cluster.name, store, ...order }, Date.now()) };
}

function failure({ workflowId }: SentHeal, because: string): ErrorObject {
  return {
    code: 'heal-failed',
    message: `${workflowId} ended without an outcome: ${because}`,
    hint: 'look at its history in the Web UI, and at the Store: storekeeper check',
  };
}

function describeEnd(followed: Followed): string[] {
  if (followed.kind === 'failed') return [`no outcome: ${followed.because}`];
  const { outcome } = followed;
  if (outcome.kind === 'attached') return [`attached: ${outcome.because}`];
  return [
    `${outcome.kind}: ${outcome.because}`,
    ...outcome.attempts.map(
      ({ number, stop, restart, verdict }) => `  attempt ${number}: stop ${stop}, restart ${restart}, ${verdict}`,
    ),
    ...(outcome.whenMs === undefined ? [] : [`  ask again ${ahead(outcome.whenMs, Date.now())}`]),
    ...(outcome.next === undefined ? [] : [`  next: ${outcome.next}`]),
  ];
}
