/** Boards on the user's desk, for USB tools in the session. */
export { type Boards, createBoards } from './boards.ts';
