import type { DatabaseSync } from 'node:sqlite';

/**
 * The one connection of an SQLite file, shared by everybody in the process. Writes that are asked for
 * in the same turn of the event loop share one transaction, and so one flush to the disk; each is
 * answered after it, and one that fails does so alone.
 */
export interface SqliteCommits {
  /** At once, of what is committed; after the transaction, when one is open. */
  read<T>(run: () => T): Promise<T>;
  /** Resolves when it is on disk. Writes happen in the order in which they are asked. */
  write<T>(run: () => T): Promise<T>;
  /** Opens a transaction; until its end everybody else waits. */
  begin(): Promise<SqliteTransaction>;
  /** What was asked is done first. */
  close(): void;
}

interface SqliteTransaction {
  /** @throws what SQLite says; then `rollback` must follow. */
  commit(): void;
  rollback(): void;
}

interface Write {
  run(): unknown;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}
/** A write, or someone who wants the connection alone. */
type Waiting = Write | { enter(): void };

type Outcome = { value: unknown } | { reason: unknown };

/**
 * Statements in one transaction: some 0.05 ms each, so that nobody waits long behind one. What is left
 * goes into the next.
 */
const groupMax = 256;

export function createSqliteCommits(database: DatabaseSync): SqliteCommits {
  const waiting: Waiting[] = [];
  const readers: (() => void)[] = [];
  let isHeld = false;
  let isScheduled = false;
  const schedule = () => {
    if (isScheduled || isHeld || waiting.length === 0) return;
    isScheduled = true;
    setImmediate(flush);
  };
  const flush = () => {
    isScheduled = false;
    if (isHeld) return;
    const [first] = waiting;
    if (first && 'enter' in first) {
      waiting.shift();
      first.enter();
    } else commitTogether(database, takeWrites(waiting));
    schedule();
  };
  const letGo = () => {
    isHeld = false;
    for (const read of readers.splice(0)) read();
    schedule();
  };
  return {
    read(run) {
      if (!isHeld) return promised(run);
      return new Promise((resolve) => readers.push(() => resolve(promised(run))));
    },
    write: <T>(run: () => T) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ run, resolve: (value) => resolve(value as T), reject });
        schedule();
      }),
    begin: () =>
      new Promise((resolve, reject) => {
        const enter = () => {
          try {
            database.exec('BEGIN IMMEDIATE');
          } catch (error) {
            return reject(error);
          }
          isHeld = true;
          resolve(transactionOn(database, letGo));
        };
        waiting.push({ enter });
        schedule();
      }),
    close() {
      while (!isHeld && waiting.length > 0) flush();
      database.close();
    },
  };
}

function transactionOn(database: DatabaseSync, letGo: () => void): SqliteTransaction {
  return {
    commit() {
      database.exec('COMMIT');
      letGo();
    },
    rollback() {
      try {
        undo(database);
      } finally {
        letGo();
      }
    },
  };
}

/** Some errors have undone the transaction already (sqlite.org/lang_transaction.html). */
function undo(database: DatabaseSync): void {
  if (database.isTransaction) database.exec('ROLLBACK');
}

/** The writes at the front of the queue, up to the next one who wants the connection alone. */
function takeWrites(waiting: Waiting[]): Write[] {
  const end = waiting.findIndex((one) => 'enter' in one);
  return waiting.splice(0, Math.min(end < 0 ? waiting.length : end, groupMax)) as Write[];
}

/** One transaction for all; if it is lost as a whole, each once more by itself. */
function commitTogether(database: DatabaseSync, writes: readonly Write[]): void {
  const outcomes = writes.length > 1 ? outcomesTogether(database, writes) : null;
  for (const [at, write] of writes.entries()) {
    const outcome = outcomes?.[at] ?? outcomeOf(write);
    if ('value' in outcome) write.resolve(outcome.value);
    else write.reject(outcome.reason);
  }
}

/**
 * A statement that is refused undoes itself and nothing else (sqlite.org/lang_conflict.html, ABORT).
 * @returns null when nothing of it was kept: the disk is full, or the transaction was undone
 */
function outcomesTogether(database: DatabaseSync, writes: readonly Write[]): Outcome[] | null {
  try {
    database.exec('BEGIN IMMEDIATE');
    const outcomes: Outcome[] = [];
    for (const write of writes) {
      outcomes.push(outcomeOf(write));
      if (!database.isTransaction) return null;
    }
    database.exec('COMMIT');
    return outcomes;
  } catch {
    undo(database);
    return null;
  }
}

function outcomeOf({ run }: Write): Outcome {
  try {
    return { value: run() };
  } catch (reason) {
    return { reason };
  }
}

async function promised<T>(run: () => T): Promise<T> {
  return run();
}
