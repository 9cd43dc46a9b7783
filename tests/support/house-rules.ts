/** What the house forbids, as functions on text, so that each can be shown to find what it looks for. */

/** Which floors may be imported from which; longest prefix wins. */
const FLOORS: readonly (readonly [floor: string, mayImport: readonly string[]])[] = [
  ['src/core/', ['src/core/']],
  ['src/app/client/', ['src/core/', 'src/app/client/']],
  ['src/app/tabs/', ['src/core/', 'src/app/tabs/']],
  ['src/app/store/', ['src/core/', 'src/app/client/', 'src/app/tabs/', 'src/app/store/']],
  ['src/app/ui/', ['src/core/', 'src/app/store/', 'src/app/ui/']],
  ['src/app/', ['src/core/', 'src/app/']],
  ['src/gateway/', ['src/core/', 'src/gateway/']],
  ['src/build/', []],
];

/** Packages that one part of the house has for itself. `null`: nobody but types may. */
const OWNERS: readonly (readonly [matches: RegExp, owners: readonly string[]])[] = [
  [/^idb$/, ['src/app/store/']],
  [/^lit(\/|$)|^lit-|^@lit/, ['src/app/ui/', 'src/app/main.ts']],
  [/^(ws|node:.*)$/, ['src/gateway/']],
  [/^@preact\/signals-core$/, ['src/app/store/', 'src/app/ui/', 'src/app/main.ts']],
  [/^@agentclientprotocol\/sdk/, ['src/gateway/']],
];

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g;

interface Import {
  specifier: string;
  typeOnly: boolean;
}

export function importsOf(source: string): Import[] {
  return [...withoutComments(source).matchAll(IMPORT)].map((match) => ({
    specifier: (match[2] ?? match[3])!,
    typeOnly: match[1] !== undefined,
  }));
}

/** @returns one line for each import in `source` that its floor does not allow. */
export function floorViolations(path: string, source: string): string[] {
  const floor = FLOORS.find(([prefix]) => path.startsWith(prefix));
  if (!floor) return [`${path} stands on no floor`];
  return importsOf(source).flatMap(({ specifier, typeOnly }) => {
    if (specifier.startsWith('.')) {
      const target = resolve(path, specifier);
      return floor[1].some((allowed) => target.startsWith(allowed))
        ? []
        : [`${path} imports ${target}`];
    }
    const owner = OWNERS.find(([matches]) => matches.test(specifier));
    // Types cost nothing and are gone after the build: ACP's are used everywhere.
    if (!owner || typeOnly) return [];
    return owner[1].some((allowed) => path.startsWith(allowed))
      ? []
      : [`${path} imports ${specifier}`];
  });
}

function resolve(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

const FORBIDDEN_IN_SRC: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['HTML from a string', /\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment)\b/],
  ['HTML from a string', /\bunsafe(?:HTML|SVG|Static)\b|unsafe-html|\bsetHTMLUnsafe\b|\bsrcdoc\b/],
  ['document.write', /\bdocument\.write(?:ln)?\b/],
  ['code from a string', /\beval\s*\(|\bnew\s+Function\s*\(|\bset(?:Timeout|Interval)\(\s*['"`]/],
  [
    'an id made of the time',
    /\$\{\s*Date\.now\(\)|\bDate\.now\(\)\s*\.toString|\bString\(\s*Date\.now|['"`]\s*\+\s*Date\.now/,
  ],
  ['an id made of Math.random', /\bMath\.random\(\)\s*\.toString|\$\{\s*Math\.random/],
];

/** @returns one line for each thing in `source` that src may not hold (R26, R68). */
export function forbiddenInSource(path: string, source: string): string[] {
  const code = withoutComments(source);
  return FORBIDDEN_IN_SRC.flatMap(([what, pattern]) => {
    const match = pattern.exec(code);
    return match ? [`${path}: ${what} (${match[0].trim()})`] : [];
  });
}

const SWITCHED_OFF =
  /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:skip|only|todo|fixme|skipIf|runIf|fails?)\b|\bx(?:it|describe)\s*\(/;

/** @returns one line if a test in `source` is switched off. */
export function switchedOffTests(path: string, source: string): string[] {
  const match = SWITCHED_OFF.exec(withoutComments(source));
  return match ? [`${path}: ${match[0]}`] : [];
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\//g, ' ').replace(/(^|\s)\/\/[^\n]*/g, '$1');
}
