/**
 * What a worker process does. `workflows`: the runbooks and what needs no Cluster Manager. `clusters`: reads,
 * commands and votes. `destroy`: destroys alone, which a process without this role cannot do.
 */
export const ROLES = ['workflows', 'clusters', 'destroy'] as const;

export type Role = (typeof ROLES)[number];
