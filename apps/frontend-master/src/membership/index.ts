/** Which machines are compute nodes: joining, certificates, leaving. */

export { readJoinScript } from './join-script.ts';
export { openAuthority } from './kept-authority.ts';
export { membershipMigrations } from './migrations.ts';
export { placeOf } from './model.ts';
export { RegistryCertificateError, writeRegistryCertificate } from './registry-certificate.ts';
export { joinPaths, membershipRoutes } from './routes.ts';
export { createMembership, type JoinReach, type Membership } from './service.ts';
export { createMembershipStore } from './store.ts';
