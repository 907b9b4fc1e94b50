#!/bin/sh
# Makes a hex file, one word a line, from a program in assembly: firmware.s, or the file named. Needs
# GNU binutils for RISC-V: shell.nix brings them; on Debian they are binutils-riscv64-unknown-elf.
set -e
source=${1:-$(dirname "$0")/firmware.s}
for tools in riscv32-none-elf- riscv64-none-elf- riscv64-unknown-elf-; do
  command -v "${tools}as" >/dev/null && break
done
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
"${tools}as" -march=rv32i -mabi=ilp32 -o "$folder/program.o" "$source"
"${tools}ld" -m elf32lriscv -Ttext=0 -e _start -o "$folder/program.elf" "$folder/program.o"
"${tools}objcopy" -O binary "$folder/program.elf" "$folder/program.bin"
# Of a word's bytes, memory holds the smallest first.
od -An -v --endian=little -tx4 -w4 "$folder/program.bin" | tr -d ' ' > "${source%.s}.hex"
