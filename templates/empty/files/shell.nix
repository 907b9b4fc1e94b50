# The tools of this project. Every terminal and every build of the session has them on its PATH.
{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShellNoCC {
  packages = with pkgs; [
    yosys # synthesis
    iverilog # simulation
  ];
}
