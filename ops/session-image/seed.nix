# What the session image's store holds before anybody builds: Nix itself, the package set that `<nixpkgs>`
# means in a session, and what the templates' shells and builds use, with all that they refer to.
{ nixpkgs ? <nixpkgs>
, pkgs ? import nixpkgs { }
, nix ? pkgs.nix
  # By their names in the set; what it lacks is left out.
, tools ? [ "yosys" "nextpnr" "icestorm" "iverilog" "verilator" "ghdl" "gnumake" ]
}:

let
  set = builtins.path { path = nixpkgs; name = "nixpkgs"; };
  packages = map (name: pkgs.${name}) (builtins.filter (name: builtins.hasAttr name pkgs) tools);
in
pkgs.runCommand "joh-seed" { } ''
  mkdir -p $out/bin
  ln -s ${set} $out/nixpkgs
  # The output of a shell names its every variable, and so refers to all that a shell needs.
  ln -s ${pkgs.mkShell { inherit packages; }} $out/shell
  ln -s ${pkgs.mkShellNoCC { inherit packages; }} $out/shell-without-cc
  # What nix-shell starts when nobody says otherwise.
  ln -s ${pkgs.bashInteractive} $out/bash
  for program in ${nix}/bin/*; do ln -s $program $out/bin/; done
''
