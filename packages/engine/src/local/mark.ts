/**
 * The variable by which a container's processes are found again. It is not a `JOH_` one: the agent
 * keeps those from a user's programs, and those are just what must be found.
 */
export const mark = 'JOY_OF_HARDWARE_CONTAINER';
