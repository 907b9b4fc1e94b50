# `nix-build` makes result/top.bin, the file for the board.
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation {
  pname = "icebreaker-soc";
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
    for bench in core_tb top_tb; do
      iverilog -g2005 -o build/$bench src/*.v test/$bench.v
      vvp build/$bench
    done
  '';

  installPhase = ''
    install -D -m 644 build/top.bin $out/top.bin
  '';
}
