import { z } from 'zod';
import { parseStoreName, type Parsed, type StoreName } from '../store.ts';
import type { ApprovalRules } from './electorate.ts';
import type { Plan } from './plan.ts';

const text = z.string().max(20_000);
const whole = z.number().int();
const store = z.string().transform((name, context): StoreName => {
  const parsed = parseStoreName(name);
  if (parsed.ok) return parsed.value;
  context.issues.push({ code: 'custom', message: parsed.error, input: name });
  return z.NEVER;
});
const span = z.strictObject({ oldestS: z.number().nullable(), newestS: z.number().nullable() });

const assurance = z.array(z.enum(['attested', 'signed', 'declared']));

const common = {
  planId: text,
  cluster: text,
  cm: text,
  store,
  evidence: z.strictObject({
    status: z.number(),
    message: text,
    checkpoints: span,
    port: z.number().nullable(),
    atMs: z.number(),
  }),
  policyDigest: text,
  approval: z.strictObject({ quorum: whole.min(1), assurance }),
  workflowId: text,
  runId: text,
  nonce: text,
  approveByMs: z.number(),
  executeWithinMs: z.number().positive(),
};

const PlanShape = z.discriminatedUnion('action', [
  z.strictObject({
    ...common,
    action: z.literal('destroy'),
    siblings: z.array(z.strictObject({ store, health: z.enum(['healthy', 'faulty', 'unknown']), span: span.nullable() })),
    coverage: z.enum(['covered', 'uncovered']),
  }),
  z.strictObject({ ...common, action: z.literal('restart') }),
]);

/** A plan as it comes back from a history: nothing but its shape is checked here. `holdsSeal` says whether it is whole. */
export function parsePlan(value: unknown): Parsed<Plan> {
  const parsed = PlanShape.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, error: `not a plan: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim() };
}

const RulesShape = z.strictObject({
  assurance,
  quorum: whole.min(1),
  approvers: z.array(
    z.strictObject({
      name: text,
      principals: z.array(z.strictObject({ type: text, name: text })).default([]),
      keys: z.array(text).default([]),
    }),
  ),
  approveWithinMs: z.number(),
  executeWithinMs: z.number(),
});

/** The rules beside a plan in a history, checked in shape. */
export function parseRules(value: unknown): Parsed<ApprovalRules> {
  const parsed = RulesShape.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, error: `no rules of approval: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim() };
}
