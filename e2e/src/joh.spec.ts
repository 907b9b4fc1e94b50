import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from './product-test.ts';
import { root } from './root.ts';

test('joh does the main job from a shell script', async ({ product }) => {
  const child = spawn('sh', [join(root, 'e2e', 'joh.sh')], {
    env: { ...process.env, JOH_URL: product.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const hear = (data: Buffer) => {
    output += data.toString('utf8');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, output).toBe(0);
  expect(output).toContain('The main job works from a shell.');
});
