# `nix-build`, or Build with nix-build, makes result/breathe.bin: the file for the board.
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenvNoCC.mkDerivation {
  pname = "icebreaker-vhdl";
  version = "0.1.0";

  # Results of earlier builds are no sources.
  src = builtins.path {
    path = ./.;
    name = "source";
    filter = path: _: ! builtins.elem (baseNameOf path) [ ".git" "build" "result" ];
  };

  nativeBuildInputs = with pkgs; [ ghdl yosys nextpnr icestorm ];

  # breathe.il is the design as yosys read it: the virtual board simulates it.
  buildPhase = ''
    runHook preBuild
    mkdir -p build/ghdl
    ghdl -i --std=08 --workdir=build/ghdl src/*.vhd test/*.vhd
    ghdl -m --std=08 --workdir=build/ghdl breathe
    ghdl --synth --std=08 --workdir=build/ghdl --out=verilog breathe > build/breathe.v
    yosys -q -p '
      synth_ice40 -top breathe -run begin:flatten;
      write_rtlil build/breathe.il;
      synth_ice40 -top breathe -json build/breathe.json -run flatten:
    ' build/breathe.v
    nextpnr-ice40 --up5k --package sg48 --freq 12 --pcf icebreaker.pcf \
      --json build/breathe.json --asc build/breathe.asc
    icepack build/breathe.asc build/breathe.bin
    runHook postBuild
  '';

  doCheck = true;
  checkPhase = ''
    runHook preCheck
    ghdl -m --std=08 --workdir=build/ghdl breathe_tb
    ghdl -r --std=08 --workdir=build/ghdl breathe_tb --assert-level=error
    runHook postCheck
  '';

  installPhase = ''
    runHook preInstall
    mkdir -p $out
    cp build/breathe.bin build/breathe.il $out/
    runHook postInstall
  '';
}
