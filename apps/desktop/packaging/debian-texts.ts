/** What Debian wants to read in a package: copyright, changelog, manual page, and what lintian is told. Pure. */
import { maintainer } from './deb.ts';

export interface About {
  name: string;
  version: string;
  /** Seconds since 1970 of the sources. */
  time: number;
}

/** `licence` is the project's own, as its file `LICENSE` has it. */
export function copyrightText(licence: string): string {
  const [, , copyright = '', , ...text] = licence.trim().split('\n');
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Joy of Hardware
Comment:
 contents.tsv lists every part of others in this package, with its version and
 licence; licences.txt.gz has the texts.

Files: *
Copyright: ${copyright.replace(/^Copyright \(c\) /, '')}
License: Expat
${text.map((line) => ` ${line || '.'}`).join('\n')}
`;
}

/** One entry: what changed for users is in the project's own changelog beside it. */
export function changelogText({ name, version, time }: About): string {
  const date = new Date(time * 1000).toUTCString().replace('GMT', '+0000');
  return `${name} (${version}) unstable; urgency=medium

  * What changed is in CHANGELOG.md.gz.

 -- ${maintainer}  ${date}
`;
}

export function manualPage({ name, version }: About): string {
  return `.TH JOY-OF-HARDWARE 1 "" "${version}" "User Commands"
.SH NAME
${name} \\- IDE for FPGA developers
.SH SYNOPSIS
.B ${name}
.RI [ folder ...]
.SH DESCRIPTION
Opens each folder in a window: its text, terminals, builds and boards. A file stands for its
folder. Without a folder the start page shows. While it runs, a second start opens its folders
in windows of the first.
.PP
Addresses
.I file://...
and
.I joy-of-hardware://open?folder=<absolute path>
are folders too.
.SH FILES
.TP
.I ~/.local/share/joy-of-hardware
settings, unsaved text, recent folders and which of them are trusted
.TP
.I ~/.local/state/joy-of-hardware/agent.log
what its agent had to say
.TP
.I /usr/share/doc/joy-of-hardware/60-joy-of-hardware.rules
udev rules for boards, to be copied to
.I /etc/udev/rules.d
.SH ENVIRONMENT
.TP
.B XDG_DATA_HOME, XDG_STATE_HOME
other places for those files
`;
}

/** What lintian finds and what stays as it is, with the reason. */
export function lintianOverrides(name: string): string {
  return `# Node as its own project builds it, and npm carries it: one program for every distribution.
${name}: embedded-library zlib [usr/lib/${name}/runtime/node]
${name}: hardening-no-pie [usr/lib/${name}/runtime/node]
# ripgrep is linked statically; the observer is loaded into any shell and needs no library itself.
${name}: shared-library-lacks-prerequisites [usr/lib/${name}/agent/node_modules/@vscode/*]
${name}: shared-library-lacks-prerequisites [usr/lib/${name}/agent/observer/joh-observer.so]
`;
}

/** Of MIME types, named as Debian's shared-mime-info names them. `%U`: folders and links that others hand over. */
export function desktopFile(program: string, identifier: string): string {
  return `[Desktop Entry]
Type=Application
Name=Joy of Hardware
Comment=From Verilog to a blinking board
Exec=${program} %U
Icon=${program}
Categories=Development;IDE;Electronics;
Keywords=FPGA;Verilog;VHDL;
MimeType=inode/directory;text/x-verilog;text/x-svsrc;text/x-svhdr;text/x-vhdl;x-scheme-handler/joy-of-hardware;
StartupNotify=true
StartupWMClass=${identifier}
`;
}
