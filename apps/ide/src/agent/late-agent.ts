import type { AgentConnection } from '@joh/client';
import type { Agent } from './agent.ts';

/** An agent that can be used before it is connected: every call waits for `connected`. */
export function createLateAgent(connected: Promise<AgentConnection>): Agent {
  return {
    call: async (method, params, signal) => (await connected).call(method, params, signal),
    onNotice(notice, listener) {
      let stopped = false;
      let stop: (() => void) | undefined;
      connected.then(
        (agent) => {
          if (!stopped) stop = agent.onNotice(notice, listener);
        },
        // Whoever made the promise reports its failure; here it only means that nothing comes.
        () => undefined,
      );
      return () => {
        stopped = true;
        stop?.();
      };
    },
    readFile: async (path, signal) => (await connected).readFile(path, signal),
    eachPart: async (path, onPart, signal) => (await connected).eachPart(path, onPart, signal),
    writeFile: async (path, data, options, signal) =>
      (await connected).writeFile(path, data, options, signal),
    openTerminal: async (id) => (await connected).openTerminal(id),
    searchText: async (params, onMatch, signal) =>
      (await connected).searchText(params, onMatch, signal),
    searchFiles: async (params, signal) => (await connected).searchFiles(params, signal),
    language: async (server) => (await connected).language(server),
    openUsb: async () => (await connected).openUsb(),
    openDevices: async () => (await connected).openDevices(),
    followBuild: async (build, onEvent, signal) =>
      (await connected).followBuild(build, onEvent, signal),
    close() {
      connected.then(
        (agent) => agent.close(),
        () => undefined,
      );
    },
  };
}
