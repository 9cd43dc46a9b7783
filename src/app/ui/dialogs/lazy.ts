import { html, type TemplateResult } from 'lit';
import type { SessionRecord, Store } from '../../store/types.ts';

export type DialogName =
  | 'new-session'
  | 'palette'
  | 'help'
  | 'settings'
  | 'confirm-end'
  | 'connect'
  | 'connect-page'
  | 'endpoints'
  | 'add-endpoint'
  | 'inspector'
  | 'worktree';

interface DialogProps {
  readonly store: Store;
  readonly record: SessionRecord | undefined;
  readonly closed: () => void;
}

interface LazyDialog {
  /** Defines the element; its code is not part of the first load. */
  readonly load: () => Promise<unknown>;
  readonly draw: (props: DialogProps) => TemplateResult;
}

/** The dialogs, each in a chunk of its own. An element drawn before its code is there upgrades when it comes. */
export const DIALOGS: Record<DialogName, LazyDialog> = {
  'new-session': {
    load: () => import('./new-session.ts'),
    draw: ({ store, closed }) =>
      html`<ap-new-session .store=${store} @ap-closed=${closed}></ap-new-session>`,
  },
  palette: {
    load: () => import('./palette.ts'),
    draw: ({ store, closed }) =>
      html`<ap-palette .store=${store} @ap-closed=${closed}></ap-palette>`,
  },
  help: {
    load: () => import('./help.ts'),
    draw: ({ store, closed }) => html`<ap-help .store=${store} @ap-closed=${closed}></ap-help>`,
  },
  settings: {
    load: () => import('./settings.ts'),
    draw: ({ store, closed }) =>
      html`<ap-settings .store=${store} @ap-closed=${closed}></ap-settings>`,
  },
  'confirm-end': {
    load: () => import('./confirm-end.ts'),
    draw: ({ store, record, closed }) =>
      html`<ap-confirm-end
        .store=${store}
        .record=${record}
        @ap-closed=${closed}
      ></ap-confirm-end>`,
  },
  connect: {
    load: () => import('./connect.ts'),
    draw: ({ store, closed }) =>
      html`<ap-connect-dialog .store=${store} @ap-closed=${closed}></ap-connect-dialog>`,
  },
  endpoints: {
    load: () => import('./endpoints.ts'),
    draw: ({ store, closed }) =>
      html`<ap-endpoints .store=${store} @ap-closed=${closed}></ap-endpoints>`,
  },
  'add-endpoint': {
    load: () => import('./endpoints.ts'),
    draw: ({ store, closed }) =>
      html`<ap-endpoints .store=${store} .adding=${true} @ap-closed=${closed}></ap-endpoints>`,
  },
  inspector: {
    load: () => import('./inspector.ts'),
    draw: ({ store, record, closed }) =>
      html`<ap-inspector .store=${store} .record=${record} @ap-closed=${closed}></ap-inspector>`,
  },
  worktree: {
    load: () => import('../worktree/worktree-dialog.ts'),
    draw: ({ store, record, closed }) =>
      html`<ap-worktree .store=${store} .record=${record} @ap-closed=${closed}></ap-worktree>`,
  },
  'connect-page': {
    load: () => import('./connect.ts'),
    draw: ({ store }) => html`<ap-connect-page .store=${store}></ap-connect-page>`,
  },
};
