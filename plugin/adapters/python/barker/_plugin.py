"""A plugin with weights: rescoring, explanations, probabilities."""

import ctypes
import dataclasses
import json
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from ctypes import POINTER, byref, c_char, c_double, c_uint64, c_void_p, cast, sizeof

import numpy

from . import _abi


class BarkerError(RuntimeError):
    """The plugin refused a call. `code` is a BARKER_E_ code of barker.h."""

    def __init__(self, code: int, message: str):
        super().__init__(f"{_abi.CODES.get(code, code)}: {message}")
        self.code = code


@dataclasses.dataclass
class Ad:
    """An ad of the first pass.

    title           plain text, not escaped
    selling_points  true features of the product that may be put before the title
    bid, first_pass_score
                    0 to 1e12; another number makes the ad a bad ad, which keeps its rank and title
    opt_out         the merchant wants the title untouched
    merchant, category
                    for rules
    """

    title: str
    selling_points: Sequence[str] = ()
    bid: float = 1.0
    first_pass_score: float = 1.0
    id: str = ""
    merchant: str = ""
    category: str = ""
    opt_out: bool = False


@dataclasses.dataclass
class Chosen:
    """A selling point that stands before a title."""

    index: int  # in the ad's selling_points
    score: float  # P(user is attracted by it | user, query)
    promoted: bool  # it stood in the title and was moved to the front


@dataclasses.dataclass
class Answer:
    """The page, best ad first. Arrays have one element for each ad, in the order of the page.

    order       int64 [ads]    index of the ad in the request
    score       float64 [ads]  bid^a * pCTR^b * first_pass^c; the first-pass score of an ad that was
                               not rescored
    pctr        float64 [ads]  P(click | user, query, ad); NaN where none is predicted
    rescored    bool [ads]     the ad was inside the window and was scored
    bad         bool [ads]     the plugin could not read the ad, which keeps its title
    propensity  float64 [ads]  probability with which the policy shows these selling points
    titles      [ads]          as they are to be shown: HTML, unless configured otherwise
    chosen      [ads]          lists of Chosen, in the order of the title
    status      "rescored", "partial" or "bypassed", and `reason` says why not rescored
    generation  of the weights that answered; 0: none
    explored    the selling points of this page were drawn
    arms        (layer, experiment, arm) of the experiments that the user is in
    times_ns    of the parts of the query: map, score, choose, rewrite
    """

    order: numpy.ndarray
    score: numpy.ndarray
    pctr: numpy.ndarray
    rescored: numpy.ndarray
    bad: numpy.ndarray
    propensity: numpy.ndarray
    titles: list[str]
    chosen: list[list[Chosen]]
    status: str
    reason: str
    generation: int
    explored: bool
    arms: list[tuple[str, str, str]]
    times_ns: dict[str, int]


Groups = Mapping[str, Iterable[str] | Mapping[str, float]]


class _Query:
    """A request, with the memory that it points to."""

    def __init__(self, query: str, ads: Sequence[Ad], user: str, user_keywords: Iterable[str],
                 groups: Groups | None, window: int, shown: int, deadline_ns: int, surface: str,
                 visitor: str, seed: int):
        self._memory: list[object] = []
        ad_array = (_abi.Ad * len(ads))(*[self._ad(ad) for ad in ads])
        keywords, keyword_count = self._strings(user_keywords)
        group_array = [self._group(name, tokens) for name, tokens in (groups or {}).items()]
        self.request = _abi.make(
            _abi.Request, query=self._string(query), user=self._string(user),
            user_keywords=keywords, user_keyword_count=keyword_count,
            groups=(_abi.Group * len(group_array))(*group_array), group_count=len(group_array),
            group_stride=sizeof(_abi.Group), ads=ad_array, ad_count=len(ads),
            ad_stride=sizeof(_abi.Ad), window=window, shown=shown, deadline_ns=deadline_ns,
            surface=self._string(surface), visitor=self._string(visitor), seed=seed)

    def _string(self, text: str) -> _abi.String:
        # A lone surrogate has no UTF-8: the plugin replaces its bytes by U+FFFD, as all invalid
        # ones.
        data = text.encode("utf-8", "surrogatepass")
        self._memory.append(data)
        return _abi.String(cast(data, c_void_p), len(data))

    def _strings(self, texts: Iterable[str]):
        strings = [self._string(text) for text in texts]
        return (_abi.String * len(strings))(*strings), len(strings)

    def _group(self, name: str, tokens: Iterable[str] | Mapping[str, float]) -> _abi.Group:
        strings, count = self._strings(tokens)
        group = _abi.make(_abi.Group, name=self._string(name), tokens=strings, token_count=count)
        if isinstance(tokens, Mapping):
            group.weights = (ctypes.c_float * count)(*tokens.values())
        return group

    def _ad(self, ad: Ad) -> _abi.Ad:
        points = [_abi.make(_abi.SellingPoint, text=self._string(text))
                  for text in ad.selling_points]
        return _abi.make(
            _abi.Ad, id=self._string(ad.id), title=self._string(ad.title),
            first_pass_score=ad.first_pass_score, bid=ad.bid,
            selling_points=(_abi.SellingPoint * len(points))(*points),
            selling_point_count=len(points), selling_point_stride=sizeof(_abi.SellingPoint),
            flags=_abi.AD_OPT_OUT if ad.opt_out else 0, merchant=self._string(ad.merchant),
            category=self._string(ad.category))


class Plugin:
    """The rescoring plugin in this process.

        with barker.Plugin(weights="model.barker") as plugin:
            answer = plugin.rescore("running shoes", [barker.Ad("Road shoes", ["waterproof"])])

    library   libbarker.so; None: BARKER_LIBRARY, the one beside this module, or the system's
    weights   a weight file or a weights directory to load at once
    config    the plugin's configuration as TOML (plugin/README.md)
    log       called with a level (0 to 2) and a text, on the thread of the call that logs

    close() frees the plugin, and so does the end of a `with` block. A plugin that was not closed is
    freed when the last reference to it goes. A `log` that refers to the plugin is such a reference.

    Threads: any thread may call anything but close(), which must come after the last call has
    returned. A call runs outside of the interpreter's lock.
    """

    def __init__(self, library: str | None = None, weights: str | None = None, config: str = "",
                 log: Callable[[int, str], None] | None = None):
        self._plugin = _abi.PLUGIN()
        self._api = _abi.load(library or _abi.default_library())
        self.version: str = self._api.version.decode()
        # The callback and the host must outlive the plugin. ctypes prints what a callback raises.
        self._log = _abi.LOG((lambda context, level, message: log(level, _text_of(message)))
                             if log else 0)
        self._host = _abi.make(_abi.Host, abi_major=_abi.ABI_MAJOR, abi_minor=_abi.ABI_MINOR,
                               log=self._log)
        self._buffers = threading.local()
        data = config.encode()
        error = _error()
        self._check(self._api.create(byref(self._host),
                                     _abi.String(cast(data, c_void_p), len(data)),
                                     byref(self._plugin), error), error)
        # A plugin that nobody closed is freed with this object, or when the interpreter ends.
        self._destroy = weakref.finalize(self, _destroy, self._api,
                                         _abi.PLUGIN(self._plugin.value), self._host, os.getpid())
        if weights is not None:
            try:
                self.load_weights(weights)
            except BaseException:  # whose traceback would keep the plugin alive
                self.close()
                raise

    def __enter__(self) -> "Plugin":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees the plugin and its weights. A second call does nothing."""
        self._plugin = _abi.PLUGIN()
        self._destroy()

    def load_weights(self, path: str) -> int:
        """Opens, checks and proves the weights of a file or of a weights directory, then serves with
        them. Returns their generation. On a failure, the weights before go on serving."""
        data = str(path).encode()
        generation, error = c_uint64(), _error()
        self._check(self._api.load_weights(self._open(), _abi.String(cast(data, c_void_p),
                                                                     len(data)),
                                           byref(generation), error), error)
        return generation.value

    def rollback(self) -> int:
        """Serves again with the weights before the last load. Returns their generation."""
        generation, error = c_uint64(), _error()
        self._check(self._api.rollback(self._open(), byref(generation), error), error)
        return generation.value

    def rescore(self, query: str, ads: Sequence[Ad], user: str = "",
                user_keywords: Iterable[str] = (), groups: Groups | None = None, *,
                window: int = 0, shown: int = 0, deadline_ns: int = 0, surface: str = "",
                visitor: str = "", seed: int = 0) -> Answer:
        """Orders the ads, which come in first-pass order, and writes their titles.

        user_keywords  keywords of the user's recent clicks, newest first
        groups         features by the name of their group: {"profile": ["gender=f"]}, or with
                       weights: {"sfhist": {"free shipping": 0.5}}
        window         how many ads to rescore; 0: as configured
        shown          how many ads get selling points; 0: all
        deadline_ns    a time of time.monotonic_ns(); 0: none
        seed           on which alone depends what is drawn; 0: another one each time
        """
        request = _Query(query, ads, user, user_keywords, groups, window, shown, deadline_ns,
                         surface, visitor, seed)
        count = len(ads)
        results = (_abi.ResultAd * count)()
        for result in results:
            result.struct_size = sizeof(_abi.ResultAd)
        response = _abi.make(_abi.Response, ads=results, ad_capacity=count,
                             ad_stride=sizeof(_abi.ResultAd))
        error = _error()
        while True:
            buffer = getattr(self._buffers, "text", None) or self._grow(1 << 16)
            response.text, response.text_capacity = cast(buffer, POINTER(c_char)), len(buffer)
            code = self._api.rescore(self._open(), byref(request.request), byref(response), error)
            if code != _abi.E_TOO_SMALL:
                break
            self._grow(2 * response.text_size)
        self._check(code, error)
        return _answer(response, results, memoryview(buffer)[:response.text_size].tobytes())

    def explain(self, query: str, ads: Sequence[Ad], user: str = "",
                user_keywords: Iterable[str] = (), groups: Groups | None = None, *,
                window: int = 0, shown: int = 0, surface: str = "", visitor: str = "",
                seed: int = 0) -> dict:
        """What rescore() would answer and why, as barker.h tells under barker.explain/1. It shows
        and counts nothing."""
        request = _Query(query, ads, user, user_keywords, groups, window, shown, 0, surface,
                         visitor, seed)
        table = self._extension(b"barker.explain/1", _abi.Explain)
        text, error = _abi.String(), _error()
        self._check(table.explain(self._open(), byref(request.request), byref(text), error), error)
        try:
            return json.loads(_text_of(text))
        finally:
            table.release(text)

    def attraction(self, query: str, keywords: Sequence[str], user: str = "",
                   user_keywords: Iterable[str] = (), groups: Groups | None = None, *,
                   visitor: str = "") -> numpy.ndarray:
        """P(user is attracted by the keyword | user, query): float64 [keywords]. NaN where the model
        does not know a keyword, or where there are no weights."""
        request = _Query(query, (), user, user_keywords, groups, 0, 0, 0, "", visitor, 0)
        table = self._extension(b"barker.prepared/1", _abi.Prepared)
        prepared, error = c_void_p(), _error()
        self._check(table.begin(self._open(), byref(request.request), byref(prepared), error),
                    error)
        try:
            strings, count = request._strings(keywords)
            probabilities = numpy.empty(count)
            self._check(table.attraction(prepared, strings, count,
                                         probabilities.ctypes.data_as(POINTER(c_double)), error),
                        error)
            return probabilities
        finally:
            table.end(prepared)

    def stats(self) -> dict[str, int]:
        """The counters since the plugin was made, by their names in barker.h."""
        stats = _abi.make(_abi.Stats)
        self._check(self._api.stats(self._open(), byref(stats)), _error())
        return {name: getattr(stats, name) for name in _abi.STATS}

    def _open(self) -> c_void_p:
        if not self._plugin:
            raise ValueError("the plugin is closed")
        return self._plugin

    def _extension(self, name: bytes, struct):
        address = self._api.get_extension(name)
        if not address:
            raise BarkerError(9, f"this library has no {name.decode()}")
        return cast(address, POINTER(struct)).contents

    def _grow(self, size: int):
        self._buffers.text = (c_char * size)()  # one a thread
        return self._buffers.text

    @staticmethod
    def _check(code: int, error) -> None:
        if code != _abi.OK:
            raise BarkerError(code, error.value.decode(errors="replace"))


def _destroy(api, plugin: c_void_p, host: _abi.Host, owner: int) -> None:
    # `host` is an argument so that the log's callback lives until the plugin has been destroyed. A
    # child of fork has only a copy of the plugin: its locks may be held by threads that the child
    # does not have, so the copy is left to the end of the process.
    if os.getpid() == owner:
        api.destroy(plugin)


def _error():
    return ctypes.create_string_buffer(_abi.ERROR_SIZE)


def _text_of(string: _abi.String) -> str:
    return ctypes.string_at(string.data, string.size).decode(errors="replace")


def _answer(response: _abi.Response, results, text: bytes) -> Answer:
    # The fields of all results at once, without a loop in Python.
    records = numpy.ctypeslib.as_array(results) if len(results) else numpy.empty(
        0, numpy.dtype(_abi.ResultAd))
    return Answer(
        order=records["ad"].astype(numpy.int64),
        score=records["score"].copy(),
        pctr=records["pctr"].copy(),
        rescored=records["rescored"] != 0,
        bad=(records["flags"] & _abi.RESULT_BAD_AD) != 0,
        propensity=records["propensity"].copy(),
        titles=[text[r.title_offset:r.title_offset + r.title_size].decode() for r in results],
        chosen=[[Chosen(c.index, c.score, c.promoted != 0) for c in r.chosen[:r.chosen_count]]
                for r in results],
        status=_abi.STATUSES[response.status] if response.status < 3 else "bypassed",
        reason=_abi.REASONS[response.reason] if response.reason < 8 else "internal",
        generation=response.generation,
        explored=response.explored != 0,
        arms=[(a.layer.decode(), a.experiment.decode(), a.arm.decode())
              for a in response.arms[:response.arm_count]],
        times_ns={part: getattr(response, part + "_ns")
                  for part in ("map", "score", "choose", "rewrite")})
