# The tools of this project. Every terminal and every build of the session has them on its PATH.
{ pkgs ? import <nixpkgs> { } }:

# mkShell and not mkShellNoCC: Verilator's models are C++.
pkgs.mkShell {
  packages = with pkgs; [
    verilator # simulation
    yosys # synthesis
  ];
}
