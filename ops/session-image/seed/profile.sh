# A login shell begins with the system's PATH, which has no Nix.
PATH="/nix/var/nix/profiles/joh/bin:$PATH"
