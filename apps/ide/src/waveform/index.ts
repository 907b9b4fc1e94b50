/** Waveforms of simulations: the editor of `.vcd` files, and the offer to open one that was written. */
import { URI } from '@codingame/monaco-vscode-api/vscode/vs/base/common/uri';
import {
  EditorInput,
  EditorPane,
  type IEditorSerializer,
  RegisteredEditorPriority,
  registerEditor,
  registerEditorPane,
  registerEditorSerializer,
} from '@codingame/monaco-vscode-workbench-service-override';
import type { Feature, Ide, Page } from '../workbench/feature.ts';
import { createRecording, type Recording } from './recording.ts';
import { createWaveView, type WaveView } from './view.ts';

const editorId = 'joh.waveform';
const openLabel = 'Open Waveform';

/** Set before any editor is made. */
let thePage: Page;
/** Inputs of tabs, which hear of changes of their files. */
const open = new Set<WaveformInput>();

export const waveform: Feature = {
  contributes: {
    commands: [{ command: 'joh.waveform.open', title: 'Open Waveform…', category: 'FPGA' }],
  },
  register(page) {
    thePage = page;
    registerEditorPane(editorId, 'Waveform', WaveformPane, [WaveformInput]);
    registerEditorSerializer(editorId, WaveformSerializer);
    registerEditor(
      '*.vcd',
      {
        id: editorId,
        label: 'Waveform',
        priority: {
          editor: RegisteredEditorPriority.default,
          diff: RegisteredEditorPriority.option,
          merge: RegisteredEditorPriority.option,
        },
      },
      { singlePerResource: true },
      { createEditorInput: ({ resource }) => ({ editor: new WaveformInput(resource) }) },
    );
  },
  activate(ide) {
    const written = watchWritten(ide);
    ide.vscode.commands.registerCommand('joh.waveform.open', () =>
      choose(ide, written).catch(ide.report),
    );
  },
};

/** A tab. What was read stays with it while another tab is in front. */
class WaveformInput extends EditorInput {
  readonly path: string;
  readonly recording: Recording;
  readonly resource: URI;
  constructor(resource: URI) {
    super();
    this.resource = resource;
    this.path = resource.path;
    this.recording = createRecording(thePage, resource.path);
    open.add(this);
  }
  override get typeId() {
    return editorId;
  }
  override get editorId() {
    return editorId;
  }
  override getName() {
    return this.path.split('/').pop() ?? this.path;
  }
  override getDescription() {
    return inProject(this.path);
  }
  override getTitle() {
    return inProject(this.path);
  }
  override toUntyped() {
    return { resource: this.resource };
  }
  override matches(other: unknown) {
    return other === this || (other instanceof WaveformInput && other.path === this.path);
  }
  override dispose() {
    open.delete(this);
    this.recording.dispose();
    super.dispose();
  }
}

class WaveformSerializer implements IEditorSerializer {
  canSerialize = () => true;
  serialize = (input: { resource: URI | undefined }) => input.resource?.path;
  deserialize = (_: unknown, path: string) => new WaveformInput(URI.file(path));
}

class WaveformPane extends EditorPane {
  private container: HTMLElement | null = null;
  private view: WaveView | null = null;
  private unwatch: (() => void) | null = null;
  constructor(group: ConstructorParameters<typeof EditorPane>[1]) {
    super(editorId, group);
  }
  protected override createEditor(parent: HTMLElement) {
    this.container = parent;
  }
  override async setInput(...given: Parameters<EditorPane['setInput']>) {
    await super.setInput(...given);
    const [input] = given;
    if (!(input instanceof WaveformInput)) return;
    this.drop();
    const view = createWaveView({ ...thePage, storageKey: `joh.waves.${input.path}` });
    this.container?.append(view.root);
    this.view = view;
    this.unwatch = input.recording.watch(view.show);
  }
  override clearInput() {
    this.drop();
    super.clearInput();
  }
  override focus() {
    super.focus();
    this.view?.focus();
  }
  /** It follows its own size. */
  override layout() {}
  override dispose() {
    this.drop();
    super.dispose();
  }
  private drop() {
    this.unwatch?.();
    this.view?.dispose();
    this.view?.root.remove();
    this.view = null;
  }
}

const inProject = (path: string) =>
  path.startsWith(`${thePage.root}/`) ? path.slice(thePage.root.length + 1) : path;

/** Tells tabs of their files, and offers files that no tab shows, each once; newest first. */
function watchWritten({ vscode, clock, report }: Ide): () => readonly string[] {
  const watcher = vscode.workspace.createFileSystemWatcher('**/*.vcd');
  let written: string[] = [];
  const offered = new Set<string>();
  const told = ({ path }: { path: string }) => {
    written = [path, ...written.filter((one) => one !== path)];
    const inputs = [...open].filter((input) => input.path === path);
    for (const { recording } of inputs) recording.changed();
    if (inputs.length > 0 || offered.has(path)) return;
    offered.add(path);
    clock.after(offerMs, () => {
      offer(vscode, path).catch(report);
    });
  };
  watcher.onDidCreate(told);
  watcher.onDidChange(told);
  return () => written;
}

/** Most simulations are over by then. */
const offerMs = 1_000;

async function offer(vscode: Ide['vscode'], path: string): Promise<void> {
  if ([...open].some((input) => input.path === path)) return;
  const choice = await vscode.window.showInformationMessage(
    `The simulation recorded ${inProject(path)}.`,
    openLabel,
  );
  if (choice) await show(vscode, path);
}

const show = (vscode: Ide['vscode'], path: string) =>
  vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path));

/** Those that were written lately, and those of the folder of builds. */
async function choose({ vscode, agent, root }: Ide, written: () => readonly string[]) {
  const folder = `${root}/build`;
  const { entries } = await agent
    .call('files.list', { path: folder })
    .catch(() => ({ entries: [] }));
  const built = entries.filter(({ name }) => name.endsWith('.vcd'));
  const paths = new Set([...written(), ...built.map(({ name }) => `${folder}/${name}`)]);
  if (paths.size === 0) {
    await vscode.window.showInformationMessage(
      'There is no waveform yet: run a simulation whose testbench has $dumpfile and $dumpvars.',
    );
    return;
  }
  const picked = await vscode.window.showQuickPick([...paths].map(inProject), {
    placeHolder: 'Waveform to open',
  });
  const path = [...paths].find((one) => inProject(one) === picked);
  if (path) await show(vscode, path);
}
