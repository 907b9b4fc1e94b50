/** Everything between the agent and its FrontendMaster but the bytes of an IDE. */
export { type Control, type ControlOptions, createControl } from './control.ts';
export { type CredentialStore, createCredentialStore } from './credential.ts';
export { createPreparation, type Preparation, type Prepared } from './preparation.ts';
export { dialStream } from './stream.ts';
