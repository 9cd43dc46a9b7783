/** Words of agents that will not run as root, or not with what they were told. */
const REFUSALS = [
  /cannot be used with root\/sudo privileges/i,
  /(?:refus\w+|not allowed|must not|cannot|can't|don't|do not) (?:to )?(?:be )?run(?:ning)? (?:it |this |me )?as (?:the )?root/i,
  /running as root is not (?:allowed|supported)/i,
];

/**
 * Claude Code ends at once when it may skip its questions and runs as root, unless `IS_SANDBOX=1` declares that all
 * around it is a sandbox; its message names a flag that nobody passed. Other agents refuse root altogether.
 *
 * Seen: Claude Code 2.1.185 (what it says is recorded), and claude-agent-acp before it hid such modes from root.
 *
 * @param said what it wrote to stderr, or answered.
 * @returns what to do, in words; undefined if it says nothing of the kind.
 */
export function rootRefusal(title: string, said: string): string | undefined {
  if (!REFUSALS.some((words) => words.test(said))) return undefined;
  return `${title} refuses to run as root. Start the gateway as another user. In a container or virtual machine that holds nothing else, you may tell Claude Code so instead: put "env": {"IS_SANDBOX": "1"} into its entry in the config file.`;
}
