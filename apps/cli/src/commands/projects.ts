/** `joh templates`, `joh projects`, `joh new`. */
import type { Command } from 'commander';
import { table } from '../output.ts';
import type { WithContext } from './accounts.ts';

/** Adds the commands of projects. */
export function addProjectCommands(program: Command, withContext: WithContext): void {
  program
    .command('templates')
    .description('list what a new project can start from')
    .action(() =>
      withContext(async ({ client, output }) => {
        const { templates } = await client.templates();
        for (const row of table(templates.map(({ id, board, title }) => [id, board ?? '-', title])))
          output.line(row);
        output.result({ templates });
      }),
    );
  program
    .command('projects')
    .description('list your projects')
    .action(() =>
      withContext(async ({ client, output }) => {
        const { projects } = await client.projects.list();
        for (const row of table(
          projects.map((project) => [`${project.owner}/${project.name}`, project.cloneUrl]),
        )) {
          output.line(row);
        }
        output.result({ projects });
      }),
    );
  program
    .command('new <name>')
    .description('create a project')
    .requiredOption('--template <template>', 'see `joh templates`')
    .action((name: string, { template }: { template: string }) =>
      withContext(async ({ client, output }) => {
        const project = await client.projects.create({ name, template });
        output.line(`Created ${project.owner}/${project.name}: ${project.cloneUrl}`);
        output.result({ project: `${project.owner}/${project.name}`, cloneUrl: project.cloneUrl });
      }),
    );
}
