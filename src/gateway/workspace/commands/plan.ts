import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { PlanEntry } from '@agentclientprotocol/sdk';
import type { Command } from '../command.ts';
import { walk, type Walk } from '../files.ts';
import { git, inRepository } from '../git.ts';
import { cell, code, languageOf, plural, showBytes } from '../markdown.ts';
import { resolveInside, shownPath } from '../paths.ts';
import type { Turn } from '../turn.ts';
import { searchFiles, type SearchResult } from './search.ts';

const TOP = 8;

interface Survey {
  files: number;
  directories: number;
  bytes: number;
  truncated: boolean;
  byLanguage: Map<string, { files: number; bytes: number }>;
  largest: { shown: string; bytes: number }[];
}

export const plan: Command = {
  name: 'plan',
  description: 'Survey the workspace in four planned steps',
  hint: '[topic]',
  async run(turn, topic) {
    const steps = [
      'Count files and directories',
      'Find out languages and the largest files',
      topic ? `Look for “${topic}”` : 'Look for TODO and FIXME notes',
      'Ask git what is going on',
    ];
    const show = (done: number): Promise<void> =>
      turn.plan(
        steps.map((content, index): PlanEntry => ({
          content,
          priority: index === 0 ? 'high' : 'medium',
          status: index < done ? 'completed' : index === done ? 'in_progress' : 'pending',
        })),
      );

    await turn.think('A survey is plain counting: walk the tree once, then look at the details.');
    await show(0);
    const survey = await count(turn);
    await show(1);
    await sizes(turn, survey);
    await show(2);
    const notes = await lookFor(turn, topic);
    await show(3);
    const repository = await askGit(turn);
    await show(4);
    await turn.say(summary(turn, survey, topic, notes, repository));
  },
};

async function count(turn: Turn): Promise<Survey & { paths: string[] }> {
  const tool = await turn.tool({
    title: 'Walk the directory tree',
    kind: 'search',
    locations: [{ path: turn.root }],
  });
  const paths: string[] = [];
  const state: Walk = { truncated: false };
  let directories = 0;
  for await (const entry of walk(turn.root, turn.signal, state)) {
    if (entry.isDirectory) directories++;
    else paths.push(entry.absolute);
  }
  await tool.update({ status: 'completed', rawOutput: { files: paths.length, directories } });
  return {
    files: paths.length,
    directories,
    bytes: 0,
    truncated: state.truncated,
    byLanguage: new Map(),
    largest: [],
    paths,
  };
}

async function sizes(turn: Turn, survey: Survey & { paths: string[] }): Promise<void> {
  const tool = await turn.tool({ title: 'Measure the files', kind: 'read' });
  for (const absolute of survey.paths) {
    turn.signal.throwIfAborted();
    const size = await stat(absolute).then(
      (stats) => stats.size,
      () => 0,
    );
    survey.bytes += size;
    const extension = path.extname(absolute).slice(1).toLowerCase();
    const language = languageOf(absolute) || extension || 'no extension';
    const entry = survey.byLanguage.get(language) ?? { files: 0, bytes: 0 };
    entry.files++;
    entry.bytes += size;
    survey.byLanguage.set(language, entry);
    if (survey.largest.length < TOP || size > survey.largest.at(-1)!.bytes) {
      survey.largest.push({ shown: shownPath(turn.root, absolute), bytes: size });
      survey.largest.sort((a, b) => b.bytes - a.bytes);
      survey.largest.length = Math.min(survey.largest.length, TOP);
    }
  }
  await tool.update({
    status: 'completed',
    locations: survey.largest.map(({ shown }) => ({ path: path.join(turn.root, shown) })),
    rawOutput: { bytes: survey.bytes },
  });
}

async function lookFor(turn: Turn, topic: string): Promise<SearchResult> {
  const tool = await turn.tool({
    title: topic ? `Search “${topic}”` : 'Search TODO and FIXME',
    kind: 'search',
    rawInput: { text: topic || 'TODO, FIXME' },
  });
  const root = await resolveInside(turn.root, '.');
  const result = await searchFiles(turn, root, topic ? [topic] : ['TODO', 'FIXME']);
  await tool.update({
    status: 'completed',
    locations: result.hits.slice(0, 50).map(({ absolute, line }) => ({ path: absolute, line })),
    rawOutput: { hits: result.hits.length },
  });
  return result;
}

/** One line about the repository. Git missing is an answer too. */
async function askGit(turn: Turn): Promise<string> {
  const options = { root: turn.root, signal: turn.signal };
  const tool = await turn.tool({ title: 'git status', kind: 'execute' });
  try {
    if (!(await inRepository(options))) {
      await tool.update({ status: 'completed' });
      return 'The directory is not in a git repository.';
    }
    const status = await git(['status', '--porcelain=v2', '--branch', '-z', '--', '.'], options);
    const lines = status.stdout.toString('utf8').split('\0').filter(Boolean);
    const branch = lines.find((line) => line.startsWith('# branch.head '))?.slice(14) ?? '?';
    const changed = lines.filter((line) => /^[12u?] /.test(line)).length;
    await tool.update({ status: 'completed', rawOutput: { branch, changed } });
    const state =
      changed === 0 ? 'nothing has changed' : `${plural(changed, 'change')}, see \`/diff\``;
    return `On branch ${code(branch)}; ${state}.`;
  } catch (error) {
    turn.signal.throwIfAborted();
    await tool.update({ status: 'failed' });
    return error instanceof Error ? error.message : String(error);
  }
}

function summary(
  turn: Turn,
  survey: Survey,
  topic: string,
  notes: SearchResult,
  repository: string,
): string {
  const languages = [...survey.byLanguage]
    .toSorted(([, a], [, b]) => b.bytes - a.bytes)
    .slice(0, TOP)
    .map(([name, { files, bytes }]) => `| ${cell(name)} | ${files} | ${showBytes(bytes)} |`);
  const largest = survey.largest.map(
    ({ shown, bytes }) => `1. ${code(shown)} · ${showBytes(bytes)}`,
  );
  const hits = notes.hits.slice(0, 10).map(({ absolute, line, text }) => {
    return `- ${code(`${shownPath(turn.root, absolute)}:${line}`)} ${code(text)}`;
  });
  const about = topic ? `“${topic}”` : 'TODO and FIXME';
  const parts = [
    `## ${path.basename(turn.root)}`,
    `**${plural(survey.files, 'file')}** in ${plural(survey.directories + 1, 'directory', 'directories')}, ` +
      `${showBytes(survey.bytes)} in all` +
      `${survey.truncated ? ' (there is more; counting stopped)' : ''}. ${repository}`,
  ];
  if (languages.length > 0) {
    parts.push(
      '### Languages',
      ['| Kind | Files | Size |', '| --- | ---: | ---: |', ...languages].join('\n'),
    );
    parts.push('### Largest files', largest.join('\n'));
  }
  parts.push(`### ${about}`);
  parts.push(hits.length === 0 ? 'None found.' : hits.join('\n'));
  if (notes.hits.length > hits.length) parts.push(`… ${notes.hits.length} in all.`);
  return `${parts.join('\n\n')}\n`;
}
