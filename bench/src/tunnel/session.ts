import type { Rack } from '../rack/rack.ts';

/** A ready session's address for websockets, and what shows that they may. */
export async function openSession(
  rack: Rack,
): Promise<{ url: string; headers: Record<string, string> }> {
  const { client, token } = await rack.signUp('ada');
  await client.projects.create({ name: 'blinky', template: 'empty' });
  const { id } = await client.sessions.create({ project: 'ada/blinky' });
  await client.sessions.waitUntilReady(id);
  return {
    url: `${rack.url.replace(/^http/, 'ws')}/connect/${id}`,
    headers: { authorization: `Bearer ${token}` },
  };
}
