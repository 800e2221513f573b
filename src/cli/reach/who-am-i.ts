import { hostname, userInfo } from 'node:os';

/** `user@host`, as it stands beside pauses and notes when nobody gives another name. */
export function whoAmI(env: Readonly<Record<string, string | undefined>>): string {
  return `${env['USER'] ?? userName() ?? 'somebody'}@${hostname()}`;
}

/** A container's user may have a number and no name. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
