# As much of nixpkgs as ops/session-image names, so that it can be evaluated without nixpkgs: a package is its
# name, and an image is what was asked for it.
{ ... }:
let
  package = name: { type = "derivation"; inherit name; outPath = "/pkgs/${name}"; };
  named = names: builtins.listToAttrs (map (name: { inherit name; value = package name; }) names);
in
named [
  "bashInteractive" "coreutils" "findutils" "gnugrep" "gnused" "gnutar" "gzip" "which" "git" "less" "openssh"
  "procps" "s6" "util-linux" "nodejs_24" "nix" "jq" "yosys" "nextpnr" "icestorm"
] // {
  lib = {
    inherit (builtins) genList;
    concatMapStrings = of: all: builtins.concatStringsSep "" (map of all);
    optionalString = condition: text: if condition then text else "";
    foldl = builtins.foldl';
  };
  buildPackages = named [ "nix" ];
  writeText = name: text: text;
  mkShell = { packages }: "/pkgs/shell(${toString packages})";
  mkShellNoCC = { packages }: "/pkgs/shell-without-cc(${toString packages})";
  runCommand = name: environment: script: "/pkgs/${name}(${script})";
  buildEnv = { name, paths, pathsToLink }: "/pkgs/${name}(${toString paths})";
  closureInfo = { rootPaths }: "/pkgs/closure(${toString (map (path: builtins.substring 0 16 path) rootPaths)})";
  dockerTools = named [ "usrBinEnv" "caCertificates" ] // {
    pullImage = { imageName, imageDigest, ... }: "/pkgs/${imageName}@${imageDigest}";
    buildImage = { name, fromImage, copyToRoot, extraCommands, config ? { }, tag ? null }:
      { inherit name fromImage copyToRoot extraCommands config tag; };
  };
}
