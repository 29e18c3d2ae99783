"""Reads the datasets of `barker-train prepare` into arrays.

models/data/dataset_format.h describes the file. It is a cache of the machine that made it, so that a
dataset of another barker, or of a machine with another byte order, is refused.
"""

import collections.abc
import dataclasses
import os
import struct

import numpy

_MAGIC = b"BARKERD\n"
_HEADER = struct.Struct("<8sIIQQ40s8I6Q6Q6Q")  # up to the sections
# In the order of the file, with their types. Format 3 ends before "sf.propensity".
_SECTIONS = {
    "searches": None, "history": "<u4", "sf_history": "<u4", "query": "<u4",
    "sf.keyword": "<u4", "sf.clicked": "u1", "sf.truth": "<f4",
    "ad.title": "<u4", "ad.clicked": "u1", "ad.truth": "<f4",
    "group.begin": "<u8", "group.feature": "<u4", "group.weight": "<f4",
    "title.begin": "<u8", "title.keyword": "<u4",
    "user.begin": "<u8", "user.text": "u1", "keyword.begin": "<u8", "keyword.text": "u1",
    "feature.begin": "<u8", "feature.text": "u1", "category.begin": "<u8", "category.text": "u1",
    "group_name.begin": "<u8", "group_name.text": "u1", "phrase.begin": "<u8", "phrase.text": "u1",
    "searches_of": "<u4", "keyword_scheme": "u1", "split_text": "u1",
    "sf.propensity": "<f4", "sf.position": "<u4", "ad.propensity": "<f4", "ad.position": "<u4",
    "ad.point_begin": "<u8", "ad.point": "<u4"}
_SECTIONS_OF = {3: 30, 4: 36}  # by format
_SEARCH = numpy.dtype([
    ("history_begin", "<u8"), ("sf_history_begin", "<u8"), ("query_begin", "<u8"),
    ("sf_begin", "<u8"), ("ad_begin", "<u8"), ("time", "<i8"), ("history_count", "<u4"),
    ("sf_history_count", "<u4"), ("user", "<u4"), ("category", "<u4"), ("split", "<u4"),
    ("unused", "<u4")])
_INSTANCE = numpy.dtype([
    ("search", "<u4"), ("user", "<u4"), ("time", "<i8"), ("position", "<u4"), ("what", "<u4"),
    ("clicked", "u1"), ("truth", "<f4")])

UNKNOWN_KEYWORD = 0xFFFFFFFF  # a keyword that the training split never used
SPLITS = ("train", "validation", "test")
TASKS = ("main", "auxiliary")


class Texts(collections.abc.Sequence):
    """Texts by their number, decoded when they are asked for."""

    def __init__(self, begins: numpy.ndarray, text: numpy.ndarray):
        if len(begins) == 0 or begins[-1] > len(text) or (begins[1:] < begins[:-1]).any():
            raise ValueError("a list of texts does not fit its text")
        self._begins, self._text = begins, text

    def __len__(self) -> int:
        return len(self._begins) - 1

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        return self._text[self._begins[index]:self._begins[index + 1]].tobytes().decode()


@dataclasses.dataclass
class Search:
    """One search of the log. The arrays are views of the file.

    history      keywords that the user had clicked before, oldest first, uncut; of them sf_history
                 are the clicked SFs. UNKNOWN_KEYWORD stands for one that training never used
    sfs, ads     what was shown: keywords, and numbers for Dataset.title(); each with whether it was
                 clicked (u1) and its true probability (NaN: not known)
    groups       features by the name of their group: numbers for Dataset.features, and weights
    """

    user: int
    category: int
    split: str
    time: int
    query: numpy.ndarray
    history: numpy.ndarray
    sf_history: numpy.ndarray
    sfs: numpy.ndarray
    sf_clicked: numpy.ndarray
    sf_truth: numpy.ndarray
    ads: numpy.ndarray
    ad_clicked: numpy.ndarray
    ad_truth: numpy.ndarray
    groups: dict[str, tuple[numpy.ndarray, numpy.ndarray]]


class Dataset:
    """A dataset. Nothing of it can be written, and any thread may read it.

    users, keywords, features, categories, groups, phrases  texts by their number
    digest      of the log that it was made of; events: lines of the log that were used
    split_text  how searches were split
    columns     all sections of the file by name, such as "sf.keyword" [SFs shown], search by search
    """

    def __init__(self, path: str, data: numpy.ndarray):
        header = _HEADER.unpack(data[:_HEADER.size].tobytes())
        magic, endian, version, size, self.events, digest = header[:6]
        if magic != _MAGIC or endian != 0x01020304 or version not in _SECTIONS_OF:
            raise ValueError("expected a dataset of `barker-train prepare` of format 3 or 4")
        if size != len(data):
            raise ValueError(f"expected {size} bytes, found {len(data)}")
        self.path, self.digest = path, digest.rstrip(b"\0").decode()
        self._searches, self._group_count, self._titles = header[6], header[11], header[12]
        self._list_ends = (0,) + header[14:20]
        self.columns = self._read_columns(data, _SECTIONS_OF[version])
        self._check_counts()
        (self.users, self.keywords, self.features, self.categories, self.groups,
         self.phrases) = (Texts(self.columns[f"{name}.begin"], self.columns[f"{name}.text"])
                          for name in ("user", "keyword", "feature", "category", "group_name",
                                       "phrase"))
        self.split_text = self.columns["split_text"].tobytes().decode()

    @staticmethod
    def _read_columns(data: numpy.ndarray, count: int) -> dict[str, numpy.ndarray]:
        extents = data[_HEADER.size:_HEADER.size + 16 * count].view("<u8").reshape(count, 2)
        columns = {}
        for i, (name, form) in enumerate(_SECTIONS.items()):
            dtype = numpy.dtype(form) if form else _SEARCH
            begin, size = map(int, extents[i]) if i < count else (0, 0)
            if begin + size > len(data) or size % dtype.itemsize:
                raise ValueError(f"section {name}: {size} bytes at {begin} do not fit")
            columns[name] = data[begin:begin + size].view(dtype)
        return columns

    def _check_counts(self) -> None:
        columns = self.columns
        for name, expected in (("searches", self._searches + 1),
                               ("title.begin", self._titles + 1),
                               ("group.begin", self._searches * self._group_count + 1),
                               ("sf.clicked", len(columns["sf.keyword"])),
                               ("sf.truth", len(columns["sf.keyword"])),
                               ("ad.clicked", len(columns["ad.title"])),
                               ("ad.truth", len(columns["ad.title"])),
                               ("group.feature", columns["group.begin"][-1:].sum()),
                               ("group.weight", len(columns["group.feature"])),
                               ("title.keyword", columns["title.begin"][-1:].sum()),
                               ("query", columns["searches"]["query_begin"][-1:].sum()),
                               ("sf.keyword", columns["searches"]["sf_begin"][-1:].sum()),
                               ("ad.title", columns["searches"]["ad_begin"][-1:].sum()),
                               ("searches_of", self._list_ends[-1])):
            if len(columns[name]) != expected:
                raise ValueError(f"section {name}: expected {expected} elements, "
                                 f"found {len(columns[name])}")

    def __len__(self) -> int:
        """How many searches there are."""
        return self._searches

    def title(self, number: int) -> numpy.ndarray:
        """The keywords of a title, in its order."""
        begins = self.columns["title.begin"]
        number = range(self._titles)[number]
        return self.columns["title.keyword"][begins[number]:begins[number + 1]]

    def searches_of(self, split: str, task: str = "main") -> numpy.ndarray:
        """The numbers of a split's searches with at least one SF ("main") or ad ("auxiliary")."""
        number = SPLITS.index(split) * 2 + TASKS.index(task)
        return self.columns["searches_of"][self._list_ends[number]:self._list_ends[number + 1]]

    def search(self, number: int) -> Search:
        """One search. IndexError: there is no such number."""
        number = range(self._searches)[number]
        columns = self.columns
        record, behind = columns["searches"][number], columns["searches"][number + 1]

        def shown(column: str, begin: str) -> numpy.ndarray:
            return columns[column][record[begin]:behind[begin]]

        def past(column: str) -> numpy.ndarray:
            begin = record[f"{column}_begin"]
            return columns[column][begin:begin + record[f"{column}_count"]]

        groups = {}
        begins = columns["group.begin"][number * self._group_count:][:self._group_count + 1]
        for name, begin, end in zip(self.groups, begins[:-1], begins[1:]):
            groups[name] = (columns["group.feature"][begin:end], columns["group.weight"][begin:end])
        return Search(int(record["user"]), int(record["category"]), SPLITS[record["split"]],
                      int(record["time"]), shown("query", "query_begin"), past("history"),
                      past("sf_history"), shown("sf.keyword", "sf_begin"),
                      shown("sf.clicked", "sf_begin"), shown("sf.truth", "sf_begin"),
                      shown("ad.title", "ad_begin"), shown("ad.clicked", "ad_begin"),
                      shown("ad.truth", "ad_begin"), groups)

    def instances(self, split: str = "test", task: str = "main") -> numpy.ndarray:
        """What was shown in a split, one row each, in the order of its searches and places.

        Fields: search, user, time (of the search), position (from 1, as it stands in the list),
        what (of the main task the SF's keyword, of the auxiliary one the number of the ad's title),
        clicked (u1) and truth (the true probability; NaN: not known). The rows are those of
        `barker-train evaluate --predictions FILE.npy --split SPLIT` for the same task, in the same
        order, so that the predictions of a model stand beside them.
        """
        kind, what = ("sf", "keyword") if task == "main" else ("ad", "title")
        numbers = self.searches_of(split, task).astype(numpy.int64)
        begins = self.columns["searches"][f"{kind}_begin"].astype(numpy.int64)
        counts = begins[numbers + 1] - begins[numbers]
        place = numpy.arange(counts.sum()) - numpy.repeat(counts.cumsum() - counts, counts)
        rows = numpy.repeat(begins[numbers], counts) + place
        searches = numpy.repeat(numbers, counts)
        made = numpy.empty(len(rows), _INSTANCE)
        made["search"], made["position"] = searches, place + 1
        for field in ("user", "time"):
            made[field] = self.columns["searches"][field][searches]
        made["what"] = self.columns[f"{kind}.{what}"][rows]
        for field in ("clicked", "truth"):
            made[field] = self.columns[f"{kind}.{field}"][rows]
        return made


def read_dataset(path: str | os.PathLike) -> Dataset:
    """Maps a dataset file. ValueError: it is none.

    Its sizes are checked and its checksums are not; `barker-train show --data FILE` checks all.
    """
    file = os.fspath(path)
    if os.path.getsize(file) < _HEADER.size + 16 * _SECTIONS_OF[3]:
        raise ValueError(f"{file}: expected a dataset, found {os.path.getsize(file)} bytes")
    try:
        return Dataset(file, numpy.memmap(file, dtype=numpy.uint8, mode="r"))
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
