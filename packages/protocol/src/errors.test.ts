import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ErrorRow, errors, Fault, fault, faultOf, isFault } from './index.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const rows: [string, ErrorRow][] = Object.entries(errors);

describe('the error table', () => {
  it.each(rows)('%s says what happened, what was kept and what to do', (code, row) => {
    expect(code).toMatch(/^E_[A-Z]+(_[A-Z]+)*$/);
    for (const text of [row.what, row.kept, row.todo]) expect(text).toMatch(/^[A-Z{].*\.$|\)$/);
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(600);
  });

  it('is what docs/errors.md says', async () => {
    const table = rows.map(
      ([code, { status, what, kept, todo, retry }]) =>
        `| \`${code}\` | ${status} | ${what} | ${kept} | ${todo} | ${retry} |`,
    );
    const page = [
      '# Errors',
      '',
      'Made from the table in `packages/protocol/src/errors.ts`; a test keeps them equal. `{…}` is filled',
      'with the details of the case. *Retry* says when trying the same again can help.',
      '',
      '| code | HTTP | what happened | what was kept | what to do | retry |',
      '| --- | --- | --- | --- | --- | --- |',
      ...table,
      '',
    ].join('\n');
    await expect(page).toMatchFileSnapshot(join(root, 'docs', 'errors.md'));
  });

  it('has no row that nothing throws', () => {
    const text = sources(join(root, 'apps'))
      .concat(sources(join(root, 'packages')))
      .join('\n');
    const unused = rows.map(([code]) => code).filter((code) => !text.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });
});

describe('a fault', () => {
  it('fills its details into its texts', () => {
    const { message, todo } = fault('E_TEMPLATE_UNKNOWN', {
      template: 'x',
      templates: 'a, b',
    }).body();
    expect({ message, todo }).toEqual({
      message: 'There is no template "x".',
      todo: 'Choose one of: a, b.',
    });
  });

  it('survives the way across a process', () => {
    const sent = fault('E_FILE_EXISTS', { path: '/a' });
    const received = faultOf(JSON.parse(JSON.stringify(sent.body())));
    expect(received).toBeInstanceOf(Fault);
    expect(isFault(received, 'E_FILE_EXISTS')).toBe(true);
    expect(received.message).toBe(sent.message);
  });

  it('of a newer peer is internal, and names the code', () => {
    const received = faultOf({ ...fault('E_FILE_EXISTS').body(), code: 'E_FUTURE' });
    expect(received.code).toBe('E_INTERNAL');
    expect(received.details).toEqual({ reference: 'E_FUTURE' });
    expect(faultOf('nonsense').code).toBe('E_INTERNAL');
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      ({ name, parentPath }) => name.endsWith('.ts') && !/node_modules|dist|\.tsc/.test(parentPath),
    )
    .filter(({ name }) => name !== 'errors.ts' && !name.endsWith('.test.ts'))
    .map(({ name, parentPath }) => readFileSync(join(parentPath, name), 'utf8'));
}
