# A small package set in the shape of nixpkgs, made of Debian's packages: what a test names as
# `nixpkgs`, where the real one cannot be had. `debs` and `bootstrap` are put here by nix-packages.ts.
{ system ? builtins.currentSystem, ... }:

let
  bootstrap = builtins.path { path = ./bootstrap; name = "busybox"; };
  debs = builtins.attrNames (builtins.readDir ./debs);
  # A package's file by its name; the version is Debian's.
  deb = name:
    let found = builtins.filter (file: builtins.match "${lib.escapeRegex name}_.*" file != null) debs;
    in builtins.path {
      path = ./debs + "/${builtins.head found}";
      name = "${builtins.replaceStrings [ "+" ] [ "x" ] name}.deb";
    };

  # One derivation by busybox alone: `script` finds what the packages hold below ./u.
  fromDebs = { name, packages, script }: derivation {
    inherit name system script;
    builder = "${bootstrap}/bin/sh";
    args = [ "-ec" ''
      for deb in $debs; do dpkg-deb -x "$deb" u; done
      eval "$script"
    '' ];
    debs = map deb packages;
    PATH = "${bootstrap}/bin";
  };

  libraries = fromDebs {
    name = "debian-libraries";
    packages = [
      "libc6" "libgcc-s1" "libstdc++6" "libtinfo6" "libreadline8" "libtcl8.6" "libffi8" "zlib1g"
      "libexpat1" "libbz2-1.0" "libftdi1" "libboost-filesystem1.74.0"
      "libboost-program-options1.74.0" "libboost-thread1.74.0" "libpython3.11" "libgnat-12" "libcrypt1"
      "libacl1" "libattr1" "libgmp10" "libselinux1" "libpcre2-8-0"
    ];
    script = ''
      mkdir -p $out/lib
      for folder in u/lib/x86_64-linux-gnu u/usr/lib/x86_64-linux-gnu; do
        if [ -d $folder ]; then find $folder -maxdepth 1 -name '*.so*' -exec cp -a {} $out/lib/ ';'; fi
      done
    '';
  };

  patchelf = fromDebs {
    name = "patchelf";
    packages = [ "patchelf" ];
    script = "mkdir -p $out/bin; cp u/usr/bin/patchelf $out/bin/";
  };
  loader = "${libraries}/lib/ld-linux-x86-64.so.2";

  # Programs of Debian as programs of the store: their loader and libraries are named by store paths.
  tool = { name, packages ? [ name ], script ? "", programs ? [ ] }: fromDebs {
    inherit name packages;
    script = ''
      mkdir -p $out
      for folder in bin usr/bin; do [ ! -d u/$folder ] || { mkdir -p $out/bin; cp -a u/$folder/. $out/bin/; }; done
      for folder in lib share; do [ ! -d u/usr/$folder ] || { mkdir -p $out/$folder; cp -a u/usr/$folder/. $out/$folder/; }; done
      rm -rf $out/share/doc $out/share/man $out/share/lintian $out/share/python3
      ${script}
      chmod -R u+w $out
      for file in $(find $out/bin -type f) ${toString programs}; do
        [ "$(dd if=$file bs=1 skip=1 count=3 2>/dev/null)" = ELF ] || continue
        ${loader} --library-path ${libraries}/lib ${patchelf}/bin/patchelf \
          --set-interpreter ${loader} --force-rpath --set-rpath ${libraries}/lib $file
      done
    '';
  };
  # Puts a script in the place of a program, which is moved to libexec.
  wrap = program: script: ''
    mkdir -p $out/libexec
    mv $out/bin/${program} $out/libexec/${program}
    { echo '#!${bootstrap}/bin/sh'; echo "${script}"; } > $out/bin/${program}
    chmod 755 $out/bin/${program}
  '';

  lib = rec {
    cleanSource = path: builtins.path {
      inherit path;
      name = "source";
      filter = file: _: ! builtins.elem (baseNameOf file) [ ".git" "result" ];
    };
    escapeRegex = builtins.replaceStrings [ "." "+" ] [ "[.]" "[+]" ];
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalString = condition: text: if condition then text else "";
    concatStringsSep = builtins.concatStringsSep;
    concatMapStringsSep = separator: function: values: builtins.concatStringsSep separator (map function values);
    makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);
    getExe = package: "${package}/bin/${package.meta.mainProgram or package.pname or package.name}";
    licenses = { mit = { spdxId = "MIT"; }; };
  };

  bash = tool { name = "bash"; script = "ln -sf bash $out/bin/sh"; programs = [ ]; };
  coreutils = tool { name = "coreutils"; };
  # Busybox has these as well, but its xargs starts its own applets and not what is on the path.
  findutils = tool { name = "findutils"; };
  gnumake = tool { name = "gnumake"; packages = [ "make" ]; };
  perl = tool { name = "perl"; packages = [ "perl-base" ]; };

  # The C compiler is the machine's own: an impurity that the real set does not have.
  cc = derivation {
    name = "gcc-wrapper";
    inherit system;
    builder = "${bootstrap}/bin/sh";
    args = [ "-ec" ''
      mkdir -p $out/bin
      for program in gcc g++ cc c++ ar as ld; do
        { echo '#!${bootstrap}/bin/sh'; echo "PATH=\$PATH:/usr/bin exec /usr/bin/$program \"\$@\""; } > $out/bin/$program
        chmod 755 $out/bin/$program
      done
    '' ];
    PATH = "${bootstrap}/bin";
  };

  stdenvWith = initialPath: rec {
    setup = derivation {
      name = "stdenv";
      inherit system initialPath;
      builder = "${bootstrap}/bin/sh";
      args = [ "-ec" ''
        mkdir -p $out
        { echo "export SHELL=${bash}/bin/bash"; echo "initialPath=\"$initialPath\""; cat ${./setup.sh}; } > $out/setup
      '' ];
      PATH = "${bootstrap}/bin";
    };
    mkDerivation = argument:
      let
        attributes = if builtins.isFunction argument then argument (attributes // { finalPackage = result; }) else argument;
        passthru = attributes.passthru or { };
        result = derivation (builtins.removeAttrs attributes [ "meta" "passthru" ] // {
          name = attributes.name or "${attributes.pname}-${attributes.version}";
          inherit system;
          outputs = attributes.outputs or [ "out" ];
          builder = attributes.builder or "${bash}/bin/bash";
          args = attributes.args or [ "-e" ./builder.sh ];
          stdenv = setup;
        }) // passthru // { meta = attributes.meta or { }; inherit passthru; };
      in result;
    inherit cc;
    shell = "${bash}/bin/bash";
    isLinux = true;
    hostPlatform = { isLinux = true; isDarwin = false; inherit system; };
  };
  stdenv = stdenvWith [ coreutils findutils bash gnumake cc bootstrap ];
  stdenvNoCC = stdenvWith [ coreutils findutils bash gnumake bootstrap ];

  mkShellWith = { mkDerivation, ... }: { packages ? [ ], inputsFrom ? [ ], nativeBuildInputs ? [ ], ... }@attributes:
    mkDerivation (builtins.removeAttrs attributes [ "packages" "inputsFrom" ] // {
      name = attributes.name or "nix-shell";
      nativeBuildInputs = packages ++ nativeBuildInputs
        ++ builtins.concatMap (from: from.nativeBuildInputs or [ ] ++ from.buildInputs or [ ]) inputsFrom;
      phases = [ "buildPhase" ];
      buildPhase = "export > $out";
    });

  runCommandWith = { mkDerivation, ... }: name: environment: buildCommand:
    mkDerivation (environment // { inherit name buildCommand; });
in
rec {
  inherit lib stdenv stdenvNoCC bash coreutils findutils gnumake perl system;
  pkgs = { inherit lib stdenv; };
  bashInteractive = bash;
  busybox = bootstrap;
  mkShell = mkShellWith stdenv;
  mkShellNoCC = mkShellWith stdenvNoCC;
  runCommand = runCommandWith stdenv;
  runCommandNoCC = runCommandWith stdenvNoCC;
  writeText = name: text: runCommandNoCC name { inherit text; passAsFile = [ "text" ]; } "cp $textPath $out";
  writeShellScriptBin = name: text: runCommandNoCC name { inherit text; passAsFile = [ "text" ]; } ''
    mkdir -p $out/bin
    { echo '#!${bash}/bin/bash'; cat $textPath; } > $out/bin/${name}
    chmod 755 $out/bin/${name}
  '';

  yosys = tool {
    name = "yosys";
    packages = [ "yosys" "berkeley-abc" ];
    # Debian's runs the program beside it by this name.
    script = "ln -sf berkeley-abc $out/bin/yosys-abc";
  };
  nextpnr = tool {
    name = "nextpnr";
    packages = [ "nextpnr-ice40" "libpython3.11-minimal" ];
    programs = [ "$out/libexec/nextpnr-ice40" ];
    # It holds a Python, which does not start without its library.
    script = wrap "nextpnr-ice40" "PYTHONHOME=$out exec $out/libexec/nextpnr-ice40 \\\"\\$@\\\"";
  };
  icestorm = tool { name = "icestorm"; packages = [ "fpga-icestorm" ]; };
  iverilog = tool {
    name = "iverilog";
    programs = map (name: "$out/lib/x86_64-linux-gnu/ivl/${name}") [ "ivl" "ivlpp" "vhdlpp" ]
      ++ map (name: "$out/libexec/${name}") [ "iverilog" "vvp" ];
    script = ''
      ivl=$out/lib/x86_64-linux-gnu/ivl
      # It names what it starts by these folders; the scripts for vvp are told where its modules are.
      ${wrap "iverilog" "exec $out/libexec/iverilog -B$ivl \\\"\\$@\\\""}
      ${wrap "vvp" "exec $out/libexec/vvp -M$ivl \\\"\\$@\\\""}
    '';
  };
  verilog = iverilog;
  ghdl = tool {
    name = "ghdl";
    packages = [ "ghdl-mcode" "ghdl-common" ];
    programs = [ "$out/libexec/ghdl" ];
    script = ''
      rm -f $out/bin/ghdl
      mv $out/bin/ghdl-mcode $out/bin/ghdl
      ${wrap "ghdl" "GHDL_PREFIX=$out/lib/ghdl/mcode exec $out/libexec/ghdl \\\"\\$@\\\""}
    '';
  };
  verilator = tool {
    name = "verilator";
    programs = [ "$out/libexec/verilator" ];
    script = ''
      rm -rf $out/bin/verilator $out/bin/verilator_bin_dbg
      mv $out/bin/verilator_bin $out/bin/verilator
      ${wrap "verilator" "export VERILATOR_ROOT=$out/share/verilator PATH=${perl}/bin:${gnumake}/bin:${cc}/bin:\\$PATH; exec $out/libexec/verilator \\\"\\$@\\\""}
    '';
  };
}
