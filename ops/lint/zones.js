/**
 * Who may import whom. Allow-lists, zone by zone: what is not named here is not allowed, so a new dependency
 * of a zone is a deliberate line in this file (and in an ADR).
 */

/** @type {readonly { zone: string, folders: readonly string[], packages: readonly string[], why: string }[]} */
const ZONES = [
  { zone: 'src/domain', folders: ['src/domain'], packages: ['zod'], why: 'the domain is pure: no clock, no I/O, no SDK' },
  {
    zone: 'src/cluster-manager',
    folders: ['src/cluster-manager', 'src/domain'],
    packages: ['undici', 'zod', 'node:*'],
    why: "the only code that knows the Cluster Manager's words",
  },
  {
    zone: 'src/oms-api',
    folders: ['src/oms-api', 'src/domain'],
    packages: ['undici', 'node:*'],
    why: "the only code that knows the words of OMS's OpenAPI",
  },
  {
    zone: 'src/approval',
    folders: ['src/approval', 'src/domain'],
    packages: ['@temporalio/proto', '@temporalio/common', 'node:*'],
    why: 'proves who voted for what; workflow activities, command line and audit share it, so it asks nobody and decides nothing',
  },
  {
    zone: 'src/audit',
    folders: ['src/audit', 'src/approval', 'src/domain'],
    packages: ['@temporalio/proto', '@temporalio/common', '@temporalio/common/lib/proto-utils.js', 'node:*'],
    why: 'trusts none of the code that decided; of the domain it takes words, never decisions',
  },
  {
    zone: 'src/simulator',
    folders: ['src/simulator', 'src/domain'],
    packages: ['zod', 'yaml', 'node:*'],
    why: 'a simulator that shares code with the client can only agree with it',
  },
  {
    zone: 'src/config',
    folders: ['src/config', 'src/domain', 'src/cluster-manager', 'src/approval'],
    packages: ['zod', 'yaml', 'node:*'],
    why: 'reads files and checks them; knows no Temporal',
  },
  {
    zone: 'src/inventory',
    folders: ['src/inventory', 'src/domain', 'src/config'],
    packages: ['zod', 'node:*'],
    why: 'keeps what OMS listed; how OMS is asked is handed to it',
  },
  {
    zone: 'src/temporal',
    folders: ['src/temporal', 'src/domain', 'src/config'],
    packages: ['@temporalio/*', 'node:*'],
    why: 'connection, server, schedules; decides nothing',
  },
  {
    zone: 'activities',
    folders: ['activities', 'src/domain', 'src/cluster-manager', 'src/config', 'src/approval'],
    packages: ['@temporalio/activity', '@temporalio/common', '@temporalio/client', '@temporalio/proto', 'node:*'],
    why: 'acts and translates; decides nothing',
  },
  {
    zone: 'workflows',
    folders: ['workflows', 'src/domain'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
    why: 'replayed code: never activities, not even their types, and nothing of Node',
  },
  {
    zone: 'src/running',
    folders: ['src', 'activities'],
    packages: ['@temporalio/*', 'pino', 'node:*'],
    why: 'puts processes together',
  },
  {
    zone: 'src/cli',
    folders: ['src', 'workflows/messages.ts'],
    packages: ['@temporalio/client', '@temporalio/common', 'commander', 'yaml', 'node:*'],
    why: 'of the workflows only their messages',
  },
];

const root = new URL('../../', import.meta.url).pathname;

/** The path of a file below the repository, with slashes. */
function relative(file) {
  const path = file.replaceAll('\\', '/');
  return path.startsWith(root) ? path.slice(root.length) : path;
}

function zoneOf(path) {
  return ZONES.find(({ zone }) => path.startsWith(`${zone}/`));
}

function isAllowedPackage(name, packages) {
  return packages.some((allowed) => (allowed.endsWith('*') ? name.startsWith(allowed.slice(0, -1)) : name === allowed));
}

function isAllowedPath(target, folders) {
  return folders.some((folder) => target === folder || target.startsWith(`${folder}/`));
}

/** What is wrong with importing `source` in the file at `path`; null if nothing is. */
export function faultOf(path, source) {
  const zone = zoneOf(path);
  if (zone === undefined) return null;
  const allowed = source.startsWith('.')
    ? isAllowedPath(new URL(source, `file:///${path}`).pathname.slice(1), zone.folders)
    : isAllowedPackage(source, zone.packages);
  return allowed ? null : `${zone.zone} may not import ${source}: ${zone.why}.`;
}

const allowedImports = {
  create(context) {
    const path = relative(context.filename);
    const check = (node) => {
      if (typeof node.source?.value !== 'string') return;
      const message = faultOf(path, node.source.value);
      if (message !== null) context.report({ node: node.source, message });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

export default { meta: { name: 'zones' }, rules: { 'allowed-imports': allowedImports } };
