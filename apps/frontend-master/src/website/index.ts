/** The pages people see before and beside the IDE. */
export { type WebsiteOptions, websiteRoutes } from './routes.ts';
