import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { fault } from '@joh/protocol';
import { build, defineConfig, type Plugin, type Rolldown } from 'vite';

/**
 * Brotli quality of the files beside the originals: 9 takes seconds and is within 5 % of 11, which
 * takes a minute for the workbench.
 */
const quality = 9;

/** Writes `<asset>.br` beside everything that shrinks, for a server that sends them as they are. */
function brotli(): Plugin {
  let folder = '';
  return {
    name: 'brotli',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async writeBundle() {
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(js|css|svg|json|wasm|ttf|html)$/.test(name))
        .map((name) => join(folder, name))
        .filter((name) => statSync(name).size > 1024);
      const compress = promisify(brotliCompress);
      await Promise.all(
        files.map(async (name) => {
          const content = readFileSync(name);
          const params = {
            [constants.BROTLI_PARAM_QUALITY]: quality,
            [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
          };
          const small = await compress(content, { params });
          if (small.length < content.length * 0.9) writeFileSync(`${name}.br`, small);
        }),
      );
    },
  };
}

/** What no browser's window needs. */
function isDesktops(one: Rolldown.OutputAsset | Rolldown.OutputChunk | undefined): boolean {
  return one?.type === 'chunk' && one.facadeModuleId?.includes('/src/desktop/') === true;
}

/** Fetches the workbench while boot.ts is still being read: it is always needed. */
function preload(): Plugin {
  return {
    name: 'preload-workbench',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle, chunk }) {
        if (!bundle || !chunk) return [];
        const wanted = new Set<string>();
        const styles = new Set<string>();
        const add = (name: string) => {
          const found = bundle[name];
          if (found?.type !== 'chunk' || wanted.has(name)) return;
          wanted.add(name);
          for (const style of found.viteMetadata?.importedCss ?? []) styles.add(style);
          for (const next of found.imports) add(next);
        };
        for (const name of chunk.dynamicImports) if (!isDesktops(bundle[name])) add(name);
        const services = Object.values(bundle).find(
          (one) => one.type === 'chunk' && one.facadeModuleId?.endsWith('/workbench/services.ts'),
        );
        if (services) add(services.fileName);
        const already = new Set([chunk.fileName, ...chunk.imports]);
        return [
          ...[...wanted]
            .filter((name) => !already.has(name))
            .map((name) => ({
              tag: 'link',
              // Not modulepreload: it would compile 12 MB before boot.ts may send its first request.
              attrs: { rel: 'preload', as: 'script', crossorigin: true, href: `/ide/${name}` },
            })),
          ...[...styles].map((name) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'style', crossorigin: true, href: `/ide/${name}` },
          })),
        ];
      },
    },
  };
}

/** Puts the first script into the page, and its hash where servers look for it. */
function inline(): Plugin {
  return {
    name: 'inline-first-script',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      async handler() {
        const script = await firstScript();
        const hash = createHash('sha256').update(script).digest('base64');
        const attrs = { name: 'joh-inline', content: `sha256-${hash}` };
        return [
          { tag: 'meta', attrs, injectTo: 'head-prepend' },
          { tag: 'script', children: script, injectTo: 'head-prepend' },
        ];
      },
    },
  };
}

/** The text of boot/inline.ts with all that it imports. */
async function firstScript(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: import.meta.dirname,
    define: { __JOH_PAGE_INCOMPLETE__: JSON.stringify(fault('E_PAGE_INCOMPLETE').body()) },
    build: {
      write: false,
      target: 'esnext',
      lib: { entry: 'src/boot/inline.ts', formats: ['iife'], name: 'joh' },
    },
  });
  const [{ output }] = built as [Rolldown.RolldownOutput];
  // Vite trims what it puts into a page, and the hash is of every character.
  return output[0].code.trim();
}

/**
 * One character beyond Latin-1 makes an engine hold, and read, a whole script with two bytes for each
 * character: 337 of them did that to the workbench's 12.7 million.
 */
const output = { charset: 'ascii' } as const;
const largeBytes = 1_000_000;

/** Fails when a large script is not of one byte for each character after all, as by a tagged template. */
function oneByte(): Plugin {
  return {
    name: 'one-byte',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const one of Object.values(bundle)) {
        if (one.type !== 'chunk' || one.code.length < largeBytes) continue;
        const [found] = /[^\0-\xff].{0,60}/.exec(one.code) ?? [];
        if (found) this.error(`${one.fileName} needs two bytes for each character: ${found}`);
      }
    },
  };
}

export default defineConfig({
  base: '/ide/',
  plugins: [preload(), inline(), oneByte(), brotli()],
  build: {
    target: 'esnext',
    outDir: 'dist',
    reportCompressedSize: false,
    // VS Code reads its resources by address; data: addresses are not files to it.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 20_000,
    rolldownOptions: { output },
  },
  worker: { format: 'es', rolldownOptions: { output } },
  resolve: { dedupe: ['vscode'] },
});
