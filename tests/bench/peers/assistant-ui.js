import {
  AssistantRuntimeProvider,
  ComposerPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
  useLocalRuntime,
} from '@assistant-ui/react';
import { MarkdownTextPrimitive } from '@assistant-ui/react-markdown';
import { createElement as h } from 'react';
import { createRoot } from 'react-dom/client';

const adapter = {
  async run() {
    return { content: [{ type: 'text', text: 'ok' }] };
  },
};
const Message = () =>
  h(
    MessagePrimitive.Root,
    null,
    h(MessagePrimitive.Parts, { components: { Text: () => h(MarkdownTextPrimitive) } }),
  );

function Chat() {
  const runtime = useLocalRuntime(adapter);
  return h(
    AssistantRuntimeProvider,
    { runtime },
    h(
      ThreadPrimitive.Root,
      null,
      h('p', null, 'Ask something.'),
      h(ThreadPrimitive.Viewport, null, h(ThreadPrimitive.Messages, { components: { Message } })),
      h(ComposerPrimitive.Root, null, h(ComposerPrimitive.Input), h(ComposerPrimitive.Send)),
    ),
  );
}

const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(h(Chat));
