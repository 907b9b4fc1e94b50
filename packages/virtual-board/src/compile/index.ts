/** From a design to a module that simulates it: everything but running the compilers. */
export { harness } from './harness.ts';
export { ice40Models } from './models.ts';
export { type CompileInputs, type CompilePlan, planCompile } from './plan.ts';
export { clangArguments, yosysScript } from './script.ts';
