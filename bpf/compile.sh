#!/bin/sh
# Compiles an XDP program and wraps the object in a Swift file, as a string of hexadecimal digits: that needs neither
# a file beside the binary nor a decoder worth the name. Build plugins call it: compile.sh CLANG SOURCE OUTPUT HEADERS
set -eu
clang=$1 source=$2 output=$3 headers=$4

# The kernel's headers for this machine are in a directory that clang does not search for the bpf target.
"$clang" -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -fno-strict-aliasing \
    -I"$headers" -I"/usr/include/$(uname -m)-linux-gnu" -c "$source" -o "$output.o"
{
    echo "/// The compiled XDP program, an ELF object, two hexadecimal digits for each byte."
    echo "enum $(basename "$output" .swift) {"
    printf '    static let hexadecimal: StaticString = "'
    od -A n -v -t x1 "$output.o" | tr -d ' \n'
    echo '"'
    echo "}"
} >"$output"
rm "$output.o"
