import { tellPartMissing } from '../boot/part-missing.ts';

/** The workbench's web workers, by the label it asks for. */
const workers: Record<string, () => Worker> = {
  editorWorkerService: () =>
    new Worker(new URL('monaco-editor/esm/vs/editor/editor.worker.js', import.meta.url), {
      type: 'module',
    }),
  TextMateWorker: () =>
    new Worker(
      new URL('@codingame/monaco-vscode-textmate-service-override/worker', import.meta.url),
      { type: 'module' },
    ),
  OutputLinkDetectionWorker: () =>
    new Worker(
      new URL('@codingame/monaco-vscode-output-service-override/worker', import.meta.url),
      {
        type: 'module',
      },
    ),
  LocalFileSearchWorker: () =>
    new Worker(
      new URL('@codingame/monaco-vscode-search-service-override/worker', import.meta.url),
      {
        type: 'module',
      },
    ),
};

export function registerWorkers(): void {
  window.MonacoEnvironment = {
    getWorker(_module, label) {
      const create = workers[label];
      if (!create) throw new TypeError(`no worker "${label}"`);
      const worker = create();
      // One that throws says what; one that did not arrive says nothing.
      worker.addEventListener('error', (event) => {
        if (!(event instanceof ErrorEvent)) tellPartMissing();
      });
      return worker;
    },
  };
}
