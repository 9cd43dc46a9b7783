import { common, createLowlight } from 'lowlight';
import { KINDS, type Kind } from './kinds.ts';

/** highlight.js's names of what stands in code, by the kind that they are shown as. */
const NAMES: Record<Kind, string> = {
  comment: 'comment quote doctag',
  keyword: 'keyword literal name selector-tag selector-pseudo template-tag',
  string: 'string regexp char link code symbol',
  number: 'number bullet',
  title: 'title section selector-id selector-class',
  type: 'type built_in attr attribute property variable template-variable selector-attr',
  meta: 'meta',
  addition: 'addition',
  deletion: 'deletion',
};

const kinds = new Map(
  KINDS.flatMap((kind, index) => NAMES[kind].split(' ').map((name) => [`hljs-${name}`, index])),
);

const lowlight = createLowlight(common);

type Nodes = ReturnType<typeof lowlight.highlight>['children'];

/** @returns as {@link import('./kinds.ts').Highlighted}. */
export function runsOf(language: string, text: string): Uint32Array<ArrayBuffer> {
  const name = language.toLowerCase();
  if (!lowlight.registered(name)) return new Uint32Array();
  const runs: number[] = [];
  let at = 0;
  const walk = (nodes: Nodes, outer: number | undefined): void => {
    for (const node of nodes) {
      if (node.type === 'text') {
        const end = at + node.value.length;
        // Beside one of the same kind, it is one run with it.
        if (outer !== undefined) {
          if (runs.at(-2) === at && runs.at(-1) === outer) runs[runs.length - 2] = end;
          else runs.push(at, end, outer);
        }
        at = end;
      } else if (node.type === 'element') {
        const classes = node.properties['className'];
        const own = Array.isArray(classes) ? kinds.get(String(classes[0])) : undefined;
        walk(node.children as Nodes, own ?? outer);
      }
    }
  };
  walk(lowlight.highlight(name, text).children, undefined);
  return Uint32Array.from(runs);
}
