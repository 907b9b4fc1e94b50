import { fault } from '@joh/protocol';
import { expect, it } from 'vitest';
import { fileErrorKind, fullMessage } from './faults.ts';

it('knows a conflict, a missing file and a refusal', () => {
  expect(fileErrorKind(fault('E_FILE_CHANGED', { path: '/a' }))).toBe('Modified');
  expect(fileErrorKind(fault('E_FILE_UNKNOWN', { path: '/a' }))).toBe('FileNotFound');
  expect(fileErrorKind(fault('E_FILE_REFUSED', { path: '/a', reason: 'x' }))).toBe('NoPermissions');
  expect(fileErrorKind(fault('E_DISK_FULL'))).toBe('Unknown');
});

it('says what, kept and to do', () => {
  expect(fullMessage(fault('E_DISK_FULL'))).toBe(
    'The disk is full. The file on disk is the version before this save; your editor holds the new one. Delete files you do not need in a terminal, then save again.',
  );
});
