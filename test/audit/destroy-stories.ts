/** The destroy that most stories of the audit begin as, and what is asked of the report on one. */
import { audit } from '../../src/audit/audit.ts';
import type { AuditReport } from '../../src/audit/report.ts';
import { violationsIn } from './edited.ts';
import { Story } from './story.ts';

export const auditOf = (story: Story): AuditReport => audit([story.history()]);
export const begun = (): Story => new Story().started().sealed();
export const approved = (): Story => begun().vote({ by: 'alice' }).vote({ by: 'bob' });
export const done = (story: Story): Story => story.lease().destroy().ended();
/** The event that scheduled the destroy, in stories that end with it and with their end. */
export const scheduledIn = (story: Story): number => story.last - 3;
export const whyIn = (report: AuditReport): string =>
  violationsIn(report)
    .map(({ what }) => what)
    .join(' | ');
