/** Language servers of the project's shell, and ours. */
export {
  createLanguages,
  type LanguageConnection,
  type Languages,
  type LanguagesOptions,
  type RunningServer,
} from './languages.ts';
