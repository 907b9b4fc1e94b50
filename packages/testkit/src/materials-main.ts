/** Fetches what tests are made of, for suites that have no way out: each is then found where it is kept. */
import { debianBase } from './docker/debian-base.ts';
import { newerNixFolder } from './newer-nix.ts';
import { nixPackages } from './nix-packages/nix-packages.ts';

debianBase();
await newerNixFolder();
await nixPackages();
