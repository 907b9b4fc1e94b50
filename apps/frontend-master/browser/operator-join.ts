/** The dialog that adds a node: the command to run on it, and then the node itself. */
import type { NodeJoinCreate, NodeJoinCreated, Rack } from '@joh/protocol';
import { count, duration, memory, nodeWords } from '../src/website/rack-words.ts';
import { callApi, showFault } from './fault.ts';

export interface Join {
  open(): void;
  /** Looks whether the node that is awaited has come. */
  see(rack: Rack): void;
}

export function enhanceJoin(): Join {
  const dialog = document.getElementById('join') as HTMLDialogElement;
  const form = document.getElementById('join-form') as HTMLFormElement;
  const command = document.getElementById('join-command') as HTMLElement;
  const pre = command.querySelector('pre') as HTMLElement;
  const status = document.getElementById('join-status') as HTMLElement;
  /** `before`: when the machine that joins again had joined. */
  let awaited: { name: string; expiresAt: number; before: string | null } | null = null;
  let seen: Rack | null = null;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  const submit = async () => {
    const alert = form.querySelector<HTMLElement>('[role=alert]');
    if (alert) alert.hidden = true;
    const asked = readJoin(form);
    const answer = await callApi<NodeJoinCreated>('POST', '/api/nodes/joins', asked);
    if ('fault' in answer) {
      if (alert) showFault(alert, answer.fault);
      return;
    }
    const { command: text, expiresAt, authorityFingerprint } = answer.value;
    const before = seen?.nodes.find(({ id }) => id === asked.name)?.joinedAt ?? null;
    awaited = { name: asked.name, expiresAt: new Date(expiresAt).getTime(), before };
    form.hidden = true;
    command.hidden = false;
    pre.textContent = text;
    setText('join-name', asked.name);
    setText('join-fingerprint', authorityFingerprint);
    status.className = 'waits';
    status.textContent = `Waiting for ${asked.name}…`;
    pre.focus();
  };
  command.querySelector('[data-act=copy]')?.addEventListener('click', () => void copy(pre));
  // The command holds a secret: it does not stay in the page.
  dialog.addEventListener('close', () => {
    pre.textContent = '';
    awaited = null;
  });
  return {
    open() {
      form.reset();
      form.hidden = false;
      command.hidden = true;
      dialog.showModal();
    },
    see(rack) {
      seen = rack;
      if (!awaited) return;
      const { name, before } = awaited;
      const node = rack.nodes.find(({ id, joinedAt }) => id === name && joinedAt !== before);
      const leftMs = awaited.expiresAt - new Date(rack.at).getTime();
      if (node) {
        awaited = null;
        setText('join-expiry', '');
        status.className = 'done';
        status.textContent = `${node.id} has joined: ${count(node.cores, 'core')}, ${memory(node.memoryBytes)}. ${nodeWords[node.state]}. ${node.reason ?? ''}`;
      } else if (leftMs <= 0)
        setText('join-expiry', 'It has expired. Close this and ask for another.');
      else setText('join-expiry', `Valid for ${duration(leftMs)}`);
    },
  };
}

function readJoin(form: HTMLFormElement): NodeJoinCreate {
  const fields = new FormData(form);
  const text = (name: string) => String(fields.get(name) ?? '').trim();
  const labels = text('labels')
    .split(',')
    .map((one) => one.split('=').map((part) => part.trim()))
    .filter(([key]) => key)
    .map(([key = '', value = '']) => [key, value]);
  return {
    name: text('name') as NodeJoinCreate['name'],
    host: text('host'),
    port: Number(text('port')),
    labels: Object.fromEntries(labels),
  };
}

/** Without the permission, or without https, the text is marked for the person to copy. */
async function copy(pre: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(pre.textContent ?? '');
    setText('join-expiry', 'Copied');
  } catch {
    getSelection()?.selectAllChildren(pre);
  }
}

function setText(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element) element.textContent = text;
}
