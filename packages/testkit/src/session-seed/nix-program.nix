# Debian's newest Nix as a path of the store: its programs name their loader and libraries there. `set` is
# the tests' package set, `unpacked` the folder of Debian's packages.
{ set, unpacked, system ? builtins.currentSystem }:

let
  bootstrap = builtins.path { path = set + "/bootstrap"; name = "busybox"; };
  debs = set + "/debs";
  patchelf = builtins.head (builtins.filter
    (name: builtins.match "patchelf_.*" name != null)
    (builtins.attrNames (builtins.readDir debs)));
  folders = [ "" "/usr" "/usr/bin" "/usr/lib" "/usr/lib/x86_64-linux-gnu" ];
  isWanted = path: type:
    builtins.elem path (map (folder: toString unpacked + folder) folders)
    || type != "directory" && builtins.match ".*/(nix[^/]*|[^/]*[.]so([.][0-9.]+)?)" path != null;
in
derivation {
  name = "nix-debian";
  inherit system;
  builder = "${bootstrap}/bin/sh";
  PATH = "${bootstrap}/bin";
  src = builtins.path { path = unpacked; name = "nix-debian-unpacked"; filter = isWanted; };
  patchelf = builtins.path { path = debs + "/${patchelf}"; name = "patchelf.deb"; };
  args = [ "-ec" ''
    libraries=$src/usr/lib/x86_64-linux-gnu
    run="$libraries/ld-linux-x86-64.so.2 --library-path $libraries"
    mkdir -p $out/bin $out/lib
    for file in $($run --list $src/usr/bin/nix | sed -n 's/.* => \([^ ]*\) .*/\1/p'); do
      cp -L $file $out/lib/
    done
    # Looked for when it resolves a name.
    cp -L $libraries/libnss_dns.so.2 $out/lib/
    cp $src/usr/bin/nix $out/bin/nix
    chmod u+w $out/bin/nix
    dpkg-deb -x $patchelf u
    $run u/usr/bin/patchelf --set-interpreter $out/lib/ld-linux-x86-64.so.2 \
      --force-rpath --set-rpath $out/lib $out/bin/nix
    for name in build channel collect-garbage copy-closure daemon env hash instantiate prefetch-url shell store; do
      ln -s nix $out/bin/nix-$name
    done
  '' ];
}
