"""Reads weight files into arrays.

models/weights/format.h describes the file, and models/weights/weights.fbs its metadata, which is a
FlatBuffers buffer. Only the few fields that lead to the tensors are read here.
"""

import dataclasses
import os
import pathlib
import struct
from collections.abc import Iterator

import numpy

_MAGIC = b"BARKERW\n"
_HEADER = struct.Struct("<8sIIQQQQQQQ")  # up to and with tensors_xxh3
_DTYPES = ("<f4", "<f2", "bf16", "i1", "u1", "<u4", "<u8")


class _Table:
    """A table of a FlatBuffers buffer: fields by their id."""

    def __init__(self, data: bytes, position: int):
        self._data, self._position = data, position
        self._vtable = position - struct.unpack_from("<i", data, position)[0]

    def _at(self, field: int) -> int:
        """The position of a field, or 0 where the table leaves it out."""
        slot = 4 + 2 * field
        if slot >= struct.unpack_from("<H", self._data, self._vtable)[0]:
            return 0
        offset = struct.unpack_from("<H", self._data, self._vtable + slot)[0]
        return self._position + offset if offset else 0

    def number(self, field: int, form: str) -> int:
        at = self._at(field)
        return struct.unpack_from("<" + form, self._data, at)[0] if at else 0

    def _target(self, field: int) -> int:
        at = self._at(field)
        if not at:
            raise ValueError(f"field {field} is missing")
        return at + struct.unpack_from("<I", self._data, at)[0]

    def text(self, field: int) -> str:
        at = self._target(field)
        size = struct.unpack_from("<I", self._data, at)[0]
        return self._data[at + 4:at + 4 + size].decode()

    def numbers(self, field: int, form: str) -> tuple[int, ...]:
        at = self._target(field)
        count = struct.unpack_from("<I", self._data, at)[0]
        return struct.unpack_from(f"<{count}{form}", self._data, at + 4)

    def table(self, field: int) -> "_Table":
        return _Table(self._data, self._target(field))

    def tables(self, field: int) -> Iterator["_Table"]:
        at = self._target(field)
        for i in range(struct.unpack_from("<I", self._data, at)[0]):
            entry = at + 4 + 4 * i
            yield _Table(self._data, entry + struct.unpack_from("<I", self._data, entry)[0])


@dataclasses.dataclass
class Weights:
    """The weights of a model.

    name, version, model  of the model card; `model` is its kind, such as "AMTDL"
    tensors   arrays by name, such as "embedding" [rows, dim]. They are views of the file, which is
              mapped, and cannot be written. bf16 tensors are converted to float32.
    keywords  the texts of the rows [0, len(keywords)) of the embedding
    features  the texts of the rows that follow, such as "profile=gender=f"
    """

    path: str
    name: str
    version: str
    model: str
    tensors: dict[str, numpy.ndarray]
    keywords: list[str]
    features: list[str]

    def row(self, text: str) -> int:
        """The row of a keyword in the embedding. KeyError: the model does not know it."""
        rows = self.__dict__.get("_rows")
        if rows is None:
            rows = self.__dict__["_rows"] = {t: i for i, t in enumerate(self.keywords)}
        return rows[text]


def _current(path: str) -> str:
    """The file itself, or of a weights directory the version that CURRENT names."""
    if not os.path.isdir(path):
        return path
    return os.path.join(path, pathlib.Path(path, "CURRENT").read_text().strip())


def _array(data: numpy.ndarray, dtype: str, shape: tuple[int, ...], name: str) -> numpy.ndarray:
    if dtype == "bf16":
        flat = (data.view("<u2").astype(numpy.uint32) << 16).view(numpy.float32)
    else:
        flat = data.view(dtype)
    if flat.size != int(numpy.prod(shape)):
        raise ValueError(f"tensor {name}: its shape does not fit its size")
    return flat.reshape(shape)


def read_weights(path: str | os.PathLike) -> Weights:
    """Maps a weight file, or the CURRENT one of a weights directory. ValueError: it is none.

    The sizes are checked, the checksums and golden vectors are not: `barker verify` does that, and
    so does every load of the plugin.
    """
    file = _current(os.fspath(path))
    if os.path.getsize(file) < 128:
        raise ValueError(f"{file}: expected a weight file, found {os.path.getsize(file)} bytes")
    data = numpy.memmap(file, dtype=numpy.uint8, mode="r")
    (magic, endian, version, size, metadata_offset, metadata_size, _, tensors_offset, tensors_size,
     _) = _HEADER.unpack(data[:_HEADER.size].tobytes())
    if magic != _MAGIC or endian != 0x01020304 or version != 1 or size != len(data):
        raise ValueError(f"{file}: expected a weight file of format 1 with {size} bytes")
    metadata = data[metadata_offset:metadata_offset + metadata_size].tobytes()
    section = data[tensors_offset:tensors_offset + tensors_size]
    try:
        root = _Table(metadata, struct.unpack_from("<I", metadata)[0])
        tensors = {}
        for tensor in root.tables(1):
            name, begin = tensor.text(0), tensor.number(3, "Q")
            tensors[name] = _array(section[begin:begin + tensor.number(4, "Q")],
                                   _DTYPES[tensor.number(1, "B")], tensor.numbers(2, "Q"), name)
        card, keyword_rows = root.table(4), root.number(2, "I")
        offsets = tensors["vocabulary.text_offsets"]
        text = tensors["vocabulary.text"].tobytes()
        names = [text[a:b].decode() for a, b in zip(offsets[:-1], offsets[1:])]
        return Weights(file, card.text(0), card.text(1), card.text(2), tensors,
                       names[:keyword_rows], names[keyword_rows:])
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise ValueError(f"{file}: its metadata is damaged: {error}") from error
