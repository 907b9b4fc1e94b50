# The session image of NixOS' own parts: `nix-build ops/session-image`, then `docker load < result`. Layers as
# the Dockerfile's, the most stable first: base, system, seed, agent. What it holds for the same purpose
# comes from the same files; ops/checks compares the rest.
{ nixpkgs ? <nixpkgs>
, pkgs ? import nixpkgs { }
  # What is built on, as `nix-prefetch-docker nixos/nix` prints it: { imageName, imageDigest, hash, … }. Without
  # it, on nothing: all that is needed is in the layers.
, base ? null
  # Of `npm run build`; it has the embedded tool chain, unless it is taken out before.
, agent ? ../../apps/agent/dist
, name ? "joh-session"
, tag ? "dev"
, seed ? import ./seed.nix { inherit nixpkgs pkgs; }
}:

let
  inherit (pkgs) dockerTools lib;
  firstUser = 20000;
  users = lib.genList (at: toString (firstUser + at)) 512;
  lines = line: lib.concatMapStrings (uid: line uid + "\n") users;

  passwd = pkgs.writeText "passwd" ("root:x:0:0::/root:/bin/sh\n"
    + lines (uid: "joh:x:${uid}:${uid}:Joy of Hardware:/home/joh:/bin/bash"));
  group = pkgs.writeText "group" ("root:x:0:\n" + lines (uid: "joh${uid}:x:${uid}:"));

  system = pkgs.buildEnv {
    name = "joh-system";
    paths = with pkgs; [
      bashInteractive coreutils findutils gnugrep gnused gnutar gzip which
      git less openssh procps s6 util-linux
      dockerTools.usrBinEnv dockerTools.caCertificates
    ];
    pathsToLink = [ "/bin" "/etc" "/usr/bin" ];
  };

  # Nix has to know every path that is there: one that it does not know it would replace, and may not. A base
  # brings its own knowledge, in whichever of its layers has it.
  ofBase = image: pkgs.runCommand "joh-base-registration" { nativeBuildInputs = [ pkgs.jq pkgs.nix ]; } ''
    tar --extract --file ${image}
    mkdir root
    for layer in $(jq --raw-output '.[0].Layers[]' manifest.json); do
      tar --extract --file $layer --directory root --wildcards '*nix/var/nix/db*' 2>/dev/null || true
    done
    chmod --recursive u+w root
    nix-store --store "local?real=/nix/store&state=$PWD/root/nix/var/nix" --dump-db > $out
  '';

  layers = [
    {
      name = "${name}-system";
      copyToRoot = [ system ];
      # A store path that a layer links to comes with it.
      extraCommands = ''
        chmod -R u+w .
        mkdir -p etc/joh etc/nix home/joh work run tmp opt/joh/bin
        cp ${passwd} etc/passwd
        cp ${group} etc/group
        cp ${./init} init
        cp -r ${./service} etc/joh/service
        chmod 755 init etc/joh/service/*/*
        chmod 1777 home/joh work run tmp
        ln -s ${pkgs.nodejs_24}/bin/node opt/joh/bin/node
      '';
    }
    {
      name = "${name}-seed";
      copyToRoot = [ ];
      extraCommands = ''
        mkdir -p etc/joh/seed etc/nix etc/profile.d nix/store/.links nix/var/log/nix/drvs
        cp ${./seed/profile.sh} etc/profile.d/joh-nix.sh
        cp ${./seed/start} etc/joh/seed/start
        cp ${./seed/nix.conf} etc/nix/nix.conf
        cat ${pkgs.closureInfo { rootPaths = [ system pkgs.nodejs_24 seed ]; }}/registration \
          ${lib.optionalString (base != null) (toString (ofBase (dockerTools.pullImage base)))} > registration
        NIX_REMOTE="local?root=$PWD" USER=nobody ${pkgs.buildPackages.nix}/bin/nix-store --load-db < registration
        rm registration
        (
          cd nix/var/nix
          [ ! -s db/db.sqlite-wal ]
          rm -rf db/db.sqlite-* db/reserved db/big-lock daemon-socket profiles/per-user gcroots/per-user
          mkdir -p gcroots/auto profiles temproots userpool
          ln -sfn ${seed} profiles/joh
        )
        find nix/var -type d -exec chmod 777 {} +
        find nix/var -type f -exec chmod 644 {} +
        chmod 1777 nix/store nix/store/.links
      '';
    }
    {
      inherit name tag;
      copyToRoot = [ ];
      extraCommands = "mkdir -p opt/joh; cp -r ${agent} opt/joh/agent; chmod -R a+rX opt/joh/agent";
      config = {
        Entrypoint = [ "/init" ];
        User = "${toString firstUser}:${toString firstUser}";
        WorkingDir = "/work";
        Env = [
          "JOH_WRITABLE=/nix"
          "PATH=/nix/var/nix/profiles/joh/bin:/bin:/usr/bin"
          "NIX_PATH=nixpkgs=/nix/var/nix/profiles/joh/nixpkgs"
          "HOME=/home/joh"
          "LANG=C.UTF-8"
          "SHELL=/bin/bash"
          "JOH_WORK=/work"
          "JOH_RUN=/run/joh"
          "JOH_PTY_HOST=/run/joh/pty-host.sock"
          "JOH_BOOT_TOKEN_FILE=/run/joh/boot-token"
        ];
      };
    }
  ];
in
lib.foldl
  (below: layer: dockerTools.buildImage (layer // { fromImage = below; }))
  (if base == null then null else dockerTools.pullImage base)
  layers
