# What `stdenv/setup` of nixpkgs promises to a derivation, as far as projects use it.
PATH=
for package in $initialPath; do PATH="$PATH${PATH:+:}$package/bin"; done
for package in ${nativeBuildInputs:-} ${buildInputs:-}; do
  if [ -d "$package/bin" ]; then PATH="$package/bin:$PATH"; fi
done
export PATH
if [ -z "${prefix:-}" ]; then prefix="${out:-}"; fi

runHook() {
  if declare -F "$1" > /dev/null; then "$1"; else eval "${!1:-}"; fi
}

unpackPhase() {
  runHook preUnpack
  if [ -n "${src:-}" ] && [ -d "$src" ]; then
    cp -r "$src" source
    chmod -R u+w source
    cd source
  fi
  runHook postUnpack
}
patchPhase() { runHook prePatch; runHook postPatch; }
configurePhase() {
  runHook preConfigure
  if [ -x ./configure ]; then ./configure --prefix="$prefix" ${configureFlags:-}; fi
  runHook postConfigure
}
buildPhase() {
  runHook preBuild
  if [ -e Makefile ] || [ -e makefile ]; then make ${makeFlags:-} ${buildFlags:-}; fi
  runHook postBuild
}
checkPhase() { runHook preCheck; make ${makeFlags:-} ${checkTarget:-check}; runHook postCheck; }
installPhase() { runHook preInstall; make ${makeFlags:-} install prefix="$prefix"; runHook postInstall; }
fixupPhase() { runHook preFixup; runHook postFixup; }

genericBuild() {
  if [ -n "${buildCommandPath:-}" ]; then source "$buildCommandPath"; return; fi
  if [ -n "${buildCommand:-}" ]; then eval "$buildCommand"; return; fi
  local phase
  for phase in ${phases:-unpackPhase patchPhase configurePhase buildPhase checkPhase installPhase fixupPhase}; do
    case "$phase" in
      unpackPhase) [ -z "${dontUnpack:-}" ] || continue ;;
      configurePhase) [ -z "${dontConfigure:-}" ] || continue ;;
      buildPhase) [ -z "${dontBuild:-}" ] || continue ;;
      checkPhase) [ -n "${doCheck:-}" ] || continue ;;
      installPhase) [ -z "${dontInstall:-}" ] || continue ;;
    esac
    echo "Running phase: $phase"
    if [ -n "${!phase:-}" ]; then eval "${!phase}"; else "$phase"; fi
  done
}
