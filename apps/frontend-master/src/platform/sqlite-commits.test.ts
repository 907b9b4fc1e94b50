import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqliteCommits, type SqliteCommits } from './sqlite-commits.ts';

let database: DatabaseSync;
let commits: SqliteCommits;
let commands: string[];

beforeEach(() => {
  database = new DatabaseSync(':memory:');
  database.exec('create table things (name text primary key)');
  commands = [];
  const spied = Object.create(database, {
    exec: {
      value: (sql: string) => {
        commands.push(sql);
        database.exec(sql);
      },
    },
    isTransaction: { get: () => database.isTransaction },
    close: { value: () => database.close() },
  }) as DatabaseSync;
  commits = createSqliteCommits(spied);
});
afterEach(() => {
  if (database.isOpen) commits.close();
});

const insert = (name: string) =>
  commits.write(() => database.prepare('insert into things values (?)').run(name));
const names = () =>
  database
    .prepare('select name from things order by rowid')
    .all()
    .map(({ name }) => name);

describe('commits of SQLite', () => {
  it('puts what is asked in one turn into one transaction, in order', async () => {
    await Promise.all(['b', 'a', 'c'].map(insert));
    expect(commands).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
    expect(names()).toEqual(['b', 'a', 'c']);
    // One that is alone needs none.
    await insert('d');
    expect(commands).toHaveLength(2);
  });

  it('answers after the commit, and shows nobody what is not committed', async () => {
    const seen: number[] = [];
    const writes = ['a', 'b'].map((name) => insert(name).then(() => seen.push(commands.length)));
    expect(await commits.read(names)).toEqual([]);
    await Promise.all(writes);
    expect(seen).toEqual([2, 2]);
  });

  it('lets one fail alone', async () => {
    const outcomes = await Promise.allSettled(['a', 'a', 'b'].map(insert));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { errcode: 1555 } });
    expect(names()).toEqual(['a', 'b']);
  });

  it('does each by itself when the transaction is lost as a whole', async () => {
    const lost = commits.write(() => {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw new Error('the disk is full');
    });
    const outcomes = await Promise.allSettled([insert('a'), lost, insert('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(names()).toEqual(['a', 'b']);
  });

  it('keeps what fits on a disk that is full at the commit', async () => {
    database.exec('pragma max_page_count = 6');
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((name) => insert(name.repeat(3_000))),
    );
    const kept = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(4);
    expect(names()).toHaveLength(kept.length);
  });

  it('gives a transaction the connection alone, in the order of asking', async () => {
    const first = insert('a');
    const transaction = await commits.begin();
    await first;
    database.exec(`insert into things values ('t')`);
    const write = insert('b');
    const read = commits.read(names);
    const second = commits.begin();
    transaction.commit();
    expect(await read).toEqual(['a', 't']);
    (await second).rollback();
    await write;
    expect(names()).toEqual(['a', 't', 'b']);
  });

  it('does what was asked before it closes', async () => {
    const asked = insert('a');
    commits.close();
    await asked;
    expect(database.isOpen).toBe(false);
  });
});
