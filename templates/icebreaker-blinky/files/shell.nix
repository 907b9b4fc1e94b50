# The tools of this project. Every terminal and every build of the session has them on its PATH.
{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShellNoCC {
  packages = with pkgs; [
    yosys # synthesis
    nextpnr # place and route: nextpnr-ice40
    icestorm # icepack, iceprog
    iverilog # simulation
  ];
}
