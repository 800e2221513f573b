/**
 * Why a vote does not count. A closed set: a reason that is not explained to the voter in both languages does
 * not compile.
 */
export type VoteRefusalReason =
  | 'malformed'
  | 'payload too large'
  | 'no reason'
  | 'wrong run'
  | 'wrong plan'
  | 'wrong store'
  | 'replayed by reset'
  | 'late'
  | 'already ended'
  | 'unauthorised'
  | 'unknown approver'
  | 'another name'
  | 'requester'
  | 'worker'
  | 'duplicate'
  | 'needs acceptUncovered'
  | 'assurance not enough'
  | 'bad signature';

export const voteRefusalWords: Readonly<Record<VoteRefusalReason, { readonly en: string; readonly zh: string }>> = {
  malformed: { en: 'it is not one JSON object of the shape shown with the plan', zh: '投票不是方案所示格式的单个 JSON 对象' },
  'payload too large': { en: 'it is longer than any vote can be; it was not read', zh: '投票内容超长，未予读取' },
  'no reason': { en: 'it gives no reason; say in "reason" why', zh: '未说明理由，须填写 reason 字段' },
  'wrong run': { en: 'it names a plan of another run; votes do not carry over', zh: '所指方案属于另一次运行，投票不可沿用' },
  'wrong plan': { en: 'it names another plan of this run; copy the one shown now', zh: '所指并非当前方案，请复制当前显示的方案' },
  'wrong store': { en: 'it names another Store than the plan does', zh: '投票中的 Store 与方案不符' },
  'replayed by reset': {
    en: 'a reset of the workflow brought it back; only a vote sent to this run counts',
    zh: '该投票由工作流重置带回，仅直接发给本次运行的投票有效',
  },
  late: { en: 'it came after the time to approve had run out', zh: '投票晚于审批截止时间' },
  'already ended': { en: 'a rejection had ended the plan before', zh: '该方案此前已被否决终止' },
  unauthorised: { en: 'who sent it is known, and is not an approver', zh: '已确认发送者身份，但其不是审批人' },
  'unknown approver': {
    en: 'who sent it is not proven, and it names no approver of the configuration',
    zh: '发送者身份无从证明，且未指明配置中的审批人',
  },
  'another name': { en: 'it names another approver than the one who sent it', zh: '投票所写审批人与实际发送者不一致' },
  requester: { en: 'whoever asked for a destroy cannot also approve it', zh: '销毁的申请人不得自行批准' },
  worker: { en: 'it was sent with the credentials of the worker, or by a workflow', zh: '该投票由 worker 凭据或工作流发出' },
  duplicate: { en: 'this person has approved already; one person counts once', zh: '此人已批准过，每人仅计一票' },
  'needs acceptUncovered': {
    en: 'no sibling covers this Store; accept that with "acceptUncovered": true',
    zh: '无同级 Store 可覆盖其数据，须以 acceptUncovered 明示接受',
  },
  'assurance not enough': {
    en: 'the way it proves who voted does not count here; see approval.assurance',
    zh: '其身份证明方式在此不被认可，参见 approval.assurance 配置',
  },
  'bad signature': {
    en: 'its signature is not by a key of the approver it names, over this plan and these very words',
    zh: '签名与所写审批人的密钥、当前方案及投票内容不符',
  },
};

/** A refusal as one sentence. */
export function sayVoteRefusal(reason: VoteRefusalReason, detail: string): string {
  const words = voteRefusalWords[reason].en;
  return detail === '' ? words : `${words} (${detail})`;
}
