import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';

const CLUSTER = defineSearchAttributeKey('StorekeeperCluster', 'KEYWORD');
const STORE = defineSearchAttributeKey('StorekeeperStore', 'KEYWORD');
const SUBTOPIC = defineSearchAttributeKey('StorekeeperSubtopic', 'KEYWORD');
const PHASE = defineSearchAttributeKey('StorekeeperPhase', 'KEYWORD');

/** Set afresh in every first task: "Start Workflow Like This One" copies the old run's values. */
export function searchAttributes(values: {
  readonly cluster: string;
  readonly store?: string;
  readonly subtopic?: string;
  readonly phase: string;
}): SearchAttributePair[] {
  return [
    { key: CLUSTER, value: values.cluster },
    ...(values.store === undefined ? [] : [{ key: STORE, value: values.store }]),
    ...(values.subtopic === undefined ? [] : [{ key: SUBTOPIC, value: values.subtopic }]),
    { key: PHASE, value: values.phase },
  ];
}

export function phaseAttribute(phase: string): SearchAttributePair[] {
  return [{ key: PHASE, value: phase }];
}
