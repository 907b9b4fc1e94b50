# `nix-build` makes result/top.bin, the file for the board.
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation {
  pname = "icebreaker-blinky";
  version = "0.1.0";
  src = pkgs.lib.cleanSource ./.;

  nativeBuildInputs = with pkgs; [ yosys nextpnr icestorm iverilog ];

  buildPhase = ''
    runHook preBuild
    mkdir -p build
    yosys -q -p 'synth_ice40 -top top -json build/top.json' src/*.v
    nextpnr-ice40 --up5k --package sg48 --freq 12 --pcf icebreaker.pcf \
      --json build/top.json --asc build/top.asc
    icepack build/top.asc build/top.bin
    runHook postBuild
  '';

  doCheck = true;
  checkPhase = ''
    iverilog -g2005 -o build/top_tb src/top.v test/top_tb.v
    vvp build/top_tb
  '';

  installPhase = ''
    install -D -m 644 build/top.bin $out/top.bin
  '';
}
