/**
 * The Agent Client Protocol's shapes, as types only: the SDK's schemas strip what they do not know,
 * and an agent may be newer than we are. Parsing is tolerant and stands in session/translate.ts.
 */
export type {
  AvailableCommand,
  ContentBlock,
  McpServer,
  PermissionOption,
  PermissionOptionKind,
  PlanEntry,
  SessionUpdate,
  StopReason,
  ToolCallContent,
  ToolCallLocation,
  ToolCallStatus,
  ToolKind,
} from '@agentclientprotocol/sdk';

/** The state of a session's turn, in the words of the ACP v2 draft. */
export type TurnState = 'idle' | 'running' | 'requires_action';
