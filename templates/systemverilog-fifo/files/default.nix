# `nix-build`, or Build with nix-build, tests the design and makes result/: what the test said, and the netlist.
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation {
  pname = "systemverilog-fifo";
  version = "0.1.0";

  # Results of earlier builds are no sources.
  src = builtins.path {
    path = ./.;
    name = "source";
    filter = path: _: ! builtins.elem (baseNameOf path) [ ".git" "build" "result" ];
  };

  nativeBuildInputs = with pkgs; [ verilator yosys ];

  buildPhase = ''
    runHook preBuild
    mkdir -p build
    yosys -q -p 'synth -top fifo; write_json build/fifo.json' src/*.sv
    verilator --binary --timing --trace --assert -Wall -Wno-fatal --Mdir build/verilator \
      --top-module fifo_tb -o fifo_tb src/*.sv test/*.sv
    runHook postBuild
  '';

  doCheck = true;
  checkPhase = ''
    runHook preCheck
    ./build/verilator/fifo_tb | tee build/test.log
    runHook postCheck
  '';

  installPhase = ''
    runHook preInstall
    mkdir -p $out
    cp build/test.log build/fifo.json $out/
    runHook postInstall
  '';
}
