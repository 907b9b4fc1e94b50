import { agentControl, frontendControl } from '@joh/protocol';

/** The control socket as FM's end of an RPC: what FM answers, and what it says unasked. */
export const frontendEnd = {
  methods: frontendControl.methods,
  notices: agentControl.notices,
} as const;

/** The agent's end: what it answers, and what it says unasked. */
export const agentEnd = {
  methods: agentControl.methods,
  notices: frontendControl.notices,
} as const;
