"""Makes every undefined dynamic symbol of an ELF64 shared object weak.

The dynamic loader refuses an object as a whole when one of its undefined data
symbols is missing, and clang-tidy goes on without the plugin ("-load request
ignored"). With weak symbols the object loads into any clang-tidy, its first
initialiser runs, and PluginGuard.cpp can say what is wrong.
"""

import struct
import sys

SHT_DYNSYM = 11
STB_GLOBAL, STB_WEAK = 1, 2
SYMBOL_SIZE = 24


def main(path):
    with open(path, "r+b") as stream:
        data = bytearray(stream.read())
        if data[:4] != b"\x7fELF" or data[4] != 2:
            sys.exit(f"{path}: not an ELF64 file")
        order = "<" if data[5] == 1 else ">"
        sections = struct.unpack_from(order + "Q", data, 0x28)[0]
        size, count = struct.unpack_from(order + "HH", data, 0x3A)
        for index in range(count):
            header = sections + index * size
            kind = struct.unpack_from(order + "I", data, header + 4)[0]
            if kind != SHT_DYNSYM:
                continue
            start, length = struct.unpack_from(order + "QQ", data, header + 24)
            for symbol in range(start, start + length, SYMBOL_SIZE):
                info = data[symbol + 4]
                section = struct.unpack_from(order + "H", data, symbol + 6)[0]
                if section == 0 and info >> 4 == STB_GLOBAL:
                    data[symbol + 4] = STB_WEAK << 4 | info & 0xF
        stream.seek(0)
        stream.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
