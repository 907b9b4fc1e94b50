# `nix-build`, or Build with nix-build, makes result/top.bin: the file for the board.
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenvNoCC.mkDerivation {
  pname = "icebreaker-blinky";
  version = "0.1.0";

  # Results of earlier builds are no sources.
  src = builtins.path {
    path = ./.;
    name = "source";
    filter = path: _: ! builtins.elem (baseNameOf path) [ ".git" "build" "result" ];
  };

  nativeBuildInputs = with pkgs; [ yosys nextpnr icestorm iverilog ];

  # top.il is the design as yosys read it: the virtual board simulates it.
  buildPhase = ''
    runHook preBuild
    mkdir -p build
    yosys -q -p '
      synth_ice40 -top top -run begin:flatten;
      write_rtlil build/top.il;
      synth_ice40 -top top -json build/top.json -run flatten:
    ' src/*.v
    nextpnr-ice40 --up5k --package sg48 --freq 12 --pcf icebreaker.pcf \
      --json build/top.json --asc build/top.asc
    icepack build/top.asc build/top.bin
    runHook postBuild
  '';

  doCheck = true;
  checkPhase = ''
    runHook preCheck
    iverilog -g2005 -o build/top_tb src/top.v test/top_tb.v
    vvp -N build/top_tb
    runHook postCheck
  '';

  installPhase = ''
    runHook preInstall
    mkdir -p $out
    cp build/top.bin build/top.il $out/
    runHook postInstall
  '';
}
