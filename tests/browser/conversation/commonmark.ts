import specText from 'commonmark-spec/spec.txt?raw';
import { safeLink } from '../../../src/core/text/link.ts';
import { DocumentWriter } from '../../../src/app/ui/conversation/markdown/document-writer.ts';
import { imagePlaceholder } from '../../../src/app/ui/conversation/markdown/dom.ts';

/** One example of CommonMark's specification (CC BY-SA 4.0, John MacFarlane; read from its own package). */
export interface Example {
  readonly number: number;
  readonly section: string;
  readonly markdown: string;
  readonly html: string;
}

const tabs = (text: string): string => text.replaceAll('→', '\t');

/** All examples of the specification, in its order. */
export function examples(): Example[] {
  const found: Example[] = [];
  let section = '';
  const parts = /^`{32} example\n([^]*?)^\.\n([^]*?)^`{32}$|^#{1,6} +(.*)$/gm;
  for (const [, markdown, html, heading] of specText.matchAll(parts)) {
    if (markdown === undefined) section = heading!;
    else {
      found.push({
        number: found.length + 1,
        section,
        markdown: tabs(markdown),
        html: tabs(html!),
      });
    }
  }
  return found;
}

/** What our writer makes of a text that comes in pieces. */
export function write(...pieces: string[]): HTMLElement {
  const root = document.createElement('div');
  const writer = new DocumentWriter(root);
  for (const piece of pieces) writer.write(piece);
  writer.end();
  root.normalize();
  return root;
}

const BLOCKS = /^(div|p|h\d|ul|ol|li|blockquote|hr|pre|table|thead|tbody|tr|th|td)$/;

/**
 * Our tree as CommonMark would write it, one node a line: what this page does otherwise on purpose and
 * without loss is taken back (headings two levels down, the head of a code block, attributes of links).
 */
export function ours(root: Element): string {
  return tree(root, (node) => {
    if (node.matches('.code-head')) return 'nothing';
    if (node.matches('.code')) return 'children';
    if (node.matches('button.image-load, span.image-blocked')) return `image ${node.textContent}`;
    const level = node.getAttribute('data-level');
    if (level) return `h${level}`;
    if (node.matches('code[data-language]')) return `code ${node.getAttribute('data-language')}`;
    if (node.matches('a')) return `a ${node.getAttribute('href')}`;
    if (node.matches('ol[start]')) return `ol ${node.getAttribute('start')}`;
    return undefined;
  });
}

/** The tree that the specification asks for, in the same form: with our rules for links and images. */
export function theirs(html: string): string {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  for (const link of body.querySelectorAll('a')) {
    const href = link.getAttribute('href') ?? '';
    const safe = safeLink(href);
    if (safe !== null) {
      link.setAttribute('href', safe);
      if (!link.textContent && !link.firstElementChild) link.textContent = safe;
      continue;
    }
    const span = document.createElement('span');
    span.append(...link.childNodes);
    if (span.textContent !== href) span.append(` (${href})`);
    link.replaceWith(span);
  }
  // What ends a line there is no part of what the line says.
  for (const node of body.querySelectorAll('br, pre > code')) {
    const end = node.localName === 'br' ? node.nextSibling : node.lastChild;
    if (end instanceof Text)
      end.data = end.data.replace(node.localName === 'br' ? /^\n/ : /\n$/, '');
  }
  return tree(body, (node) => {
    if (node.matches('img')) {
      const { textContent } = imagePlaceholder(
        node.getAttribute('src') ?? '',
        node.getAttribute('alt') ?? '',
      );
      return `image ${textContent}`;
    }
    const language = /language-([\w+#.-]*)/.exec(node.getAttribute('class') ?? '')?.[1];
    if (node.matches('code') && language) return `code ${language}`;
    if (node.matches('a')) return `a ${node.getAttribute('href')}`;
    if (node.matches('ol[start]')) return `ol ${node.getAttribute('start')}`;
    return undefined;
  });
}

function tree(root: Element, named: (node: Element) => string | undefined): string {
  const lines: string[] = [];
  let text = '';
  const flush = (depth: number): void => {
    const clean = text.replace(/[ \t]*\n[ \t]*/g, '\n').trim();
    text = '';
    if (clean) lines.push(`${'  '.repeat(depth)}${JSON.stringify(clean)}`);
  };
  const visit = (node: Node, depth: number, verbatim: boolean): void => {
    for (const child of node.childNodes) {
      if (child instanceof Text) {
        if (verbatim) lines.push(`${'  '.repeat(depth)}${JSON.stringify(child.data)}`);
        else text += child.data;
        continue;
      }
      if (!(child instanceof Element)) {
        text += '<!-->';
        continue;
      }
      const name = named(child) ?? child.localName;
      // A break in a line is a break here, hard or soft.
      if (name === 'br') {
        text += '\n';
        continue;
      }
      if (name === 'nothing') continue;
      const transparent =
        name === 'children' || name === 'span' || (name === 'p' && node.nodeName === 'LI');
      if (BLOCKS.test(child.localName)) flush(depth);
      if (transparent) {
        visit(child, depth, verbatim);
        if (child.localName !== 'span') flush(depth);
        continue;
      }
      if (!BLOCKS.test(child.localName)) {
        // Inline: inside the line, so that spaces between words are kept.
        const inner = child.localName === 'code' ? child.textContent! : inline(child, named);
        if (child.localName === 'code' && node.nodeName === 'PRE') {
          flush(depth);
          lines.push(`${'  '.repeat(depth)}<${name}> ${JSON.stringify(inner)}`);
        } else text += name.startsWith('image') ? `<${name}>` : `<${name}>${inner}</>`;
        continue;
      }
      lines.push(`${'  '.repeat(depth)}${name}`);
      visit(child, depth + 1, false);
      flush(depth + 1);
    }
  };
  visit(root, 0, false);
  flush(0);
  return lines.join('\n');
}

function inline(node: Element, named: (node: Element) => string | undefined): string {
  let text = '';
  for (const child of node.childNodes) {
    if (child instanceof Text) text += child.data;
    else if (child instanceof Element) {
      const name = named(child) ?? child.localName;
      if (name === 'br') text += '\n';
      else if (name.startsWith('image')) text += `<${name}>`;
      else if (name === 'span') text += inline(child, named);
      else text += `<${name}>${inline(child, named)}</>`;
    }
  }
  return text.replace(/[ \t]*\n[ \t]*/g, '\n');
}
