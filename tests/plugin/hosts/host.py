#!/usr/bin/env python3
"""A complete host in Python, with ctypes, as plugin/README.md describes one.

    host.py LIBBARKER WEIGHTS

It loads the plugin and weights, asks for one page, grows its text buffer where the plugin asks for
more, and prints the titles and what barker.explain/1 says of them.
"""

import ctypes
import json
import sys
from ctypes import (CFUNCTYPE, POINTER, Structure, byref, c_char, c_char_p, c_double, c_float,
                    c_int32, c_uint32, c_uint64, c_void_p, cast, sizeof)

ABI_MAJOR, ABI_MINOR = 1, 3
ERROR_SIZE = 256
MAX_SELLING_POINTS = 3
OK, E_NOT_FOUND, E_TOO_SMALL = 0, 4, 10
RESCORED = 0


class String(Structure):
    _fields_ = [("data", c_char_p), ("size", c_uint64)]


class SellingPoint(Structure):
    _fields_ = [("struct_size", c_uint64), ("text", String), ("fingerprint", c_uint64)]


class Ad(Structure):
    _fields_ = [("struct_size", c_uint64), ("id", String), ("title", String),
                ("first_pass_score", c_double), ("bid", c_double),
                ("title_keywords", POINTER(c_uint64)), ("title_keyword_count", c_uint64),
                ("selling_points", POINTER(SellingPoint)), ("selling_point_count", c_uint64),
                ("selling_point_stride", c_uint64), ("flags", c_uint32), ("reserved", c_uint32),
                ("merchant", String), ("category", String), ("catalogue_ad", c_uint64)]


class Group(Structure):
    _fields_ = [("struct_size", c_uint64), ("name", String), ("tokens", POINTER(String)),
                ("token_count", c_uint64), ("weights", POINTER(c_float))]


class Request(Structure):
    _fields_ = [("struct_size", c_uint64), ("query", String), ("user", String),
                ("user_keywords", POINTER(String)), ("user_keyword_count", c_uint64),
                ("groups", POINTER(Group)), ("group_count", c_uint64), ("group_stride", c_uint64),
                ("ads", POINTER(Ad)), ("ad_count", c_uint64), ("ad_stride", c_uint64),
                ("window", c_uint64), ("deadline_ns", c_uint64), ("shown", c_uint64),
                ("catalogue", c_uint64)]


class Chosen(Structure):
    _fields_ = [("index", c_uint32), ("promoted", c_uint32), ("score", c_double),
                ("begin", c_uint64), ("end", c_uint64)]


class ResultAd(Structure):
    _fields_ = [("struct_size", c_uint64), ("ad", c_uint64), ("score", c_double),
                ("pctr", c_double), ("title_offset", c_uint64), ("title_size", c_uint64),
                ("rescored", c_uint32), ("chosen_count", c_uint32),
                ("chosen", Chosen * MAX_SELLING_POINTS), ("flags", c_uint32),
                ("reserved", c_uint32)]


class Response(Structure):
    _fields_ = [("struct_size", c_uint64), ("ads", POINTER(ResultAd)), ("ad_capacity", c_uint64),
                ("ad_stride", c_uint64), ("text", POINTER(c_char)), ("text_capacity", c_uint64),
                ("ad_count", c_uint64), ("text_size", c_uint64), ("status", c_int32),
                ("reason", c_int32), ("generation", c_uint64), ("map_ns", c_uint64),
                ("score_ns", c_uint64), ("choose_ns", c_uint64), ("rewrite_ns", c_uint64),
                ("bad_ads", c_uint64)]


# Level and message. ctypes catches and prints what a callback raises: nothing passes the plugin.
LOG = CFUNCTYPE(None, c_void_p, c_int32, String)


class Host(Structure):
    _fields_ = [("struct_size", c_uint64), ("abi_major", c_uint32), ("abi_minor", c_uint32),
                ("context", c_void_p), ("log", LOG)]


PLUGIN = c_void_p


class Api(Structure):
    _fields_ = [("struct_size", c_uint64), ("abi_major", c_uint32), ("abi_minor", c_uint32),
                ("version", c_char_p),
                ("create", CFUNCTYPE(c_int32, POINTER(Host), String, POINTER(PLUGIN), c_char_p)),
                ("destroy", CFUNCTYPE(None, PLUGIN)),
                ("load_weights",
                 CFUNCTYPE(c_int32, PLUGIN, String, POINTER(c_uint64), c_char_p)),
                ("rollback", CFUNCTYPE(c_int32, PLUGIN, POINTER(c_uint64), c_char_p)),
                ("rescore",
                 CFUNCTYPE(c_int32, PLUGIN, POINTER(Request), POINTER(Response), c_char_p)),
                ("stats", CFUNCTYPE(c_int32, PLUGIN, c_void_p)),
                ("get_extension", CFUNCTYPE(c_void_p, c_char_p)),
                ("text_bound", CFUNCTYPE(c_uint64, PLUGIN, POINTER(Request)))]


class Explain(Structure):
    # A string that is released must keep its address, which c_char_p would turn into bytes.
    class Json(Structure):
        _fields_ = [("data", c_void_p), ("size", c_uint64)]

    _fields_ = [("struct_size", c_uint64),
                ("explain", CFUNCTYPE(c_int32, PLUGIN, POINTER(Request), POINTER(Json), c_char_p)),
                ("release", CFUNCTYPE(None, Json))]


def string(text):
    data = text.encode()
    return String(data, len(data))


def make(struct, **fields):
    return struct(struct_size=sizeof(struct), **fields)


def fill_page(titles, points):
    """A request, which keeps alive what it points to."""
    array = (SellingPoint * len(points))(*[make(SellingPoint, text=string(p)) for p in points])
    ads = (Ad * len(titles))(*[
        make(Ad, id=string(title), title=string(title), first_pass_score=3 - 0.5 * i, bid=1,
             selling_points=array, selling_point_count=len(points),
             selling_point_stride=sizeof(SellingPoint)) for i, title in enumerate(titles)])
    user_keywords = (String * 2)(string("hiking boots"), string("tent"))
    return make(Request, query=string("running shoes"), user=string("anna"),
                user_keywords=user_keywords, user_keyword_count=2, ads=ads, ad_count=len(titles),
                ad_stride=sizeof(Ad))


class Plugin:
    """A plugin with weights. Any number of threads may ask it."""

    def __init__(self, library, weights):
        self.api = Api.in_dll(ctypes.CDLL(library), "barker_entry")
        if self.api.abi_major != ABI_MAJOR:
            raise RuntimeError("another major version")
        self.log = LOG(lambda context, level, message: print(
            ctypes.string_at(message.data, message.size).decode(), file=sys.stderr))
        host = make(Host, abi_major=ABI_MAJOR, abi_minor=ABI_MINOR, log=self.log)
        self.host = host  # must outlive the plugin
        self.error = ctypes.create_string_buffer(ERROR_SIZE)
        self.plugin = PLUGIN()
        self.check(self.api.create(byref(host), string(""), byref(self.plugin), self.error))
        self.load(weights)

    def check(self, code):
        if code != OK:
            raise RuntimeError(f"{code}: {self.error.value.decode()}")

    def load(self, path):
        self.check(self.api.load_weights(self.plugin, string(path), None, self.error))

    def rescore(self, request, text_capacity):
        """The titles in their order, the status, and whether the buffer had to grow."""
        count = request.ad_count
        results = (ResultAd * count)(*[make(ResultAd) for _ in range(count)])
        response = make(Response, ads=results, ad_capacity=count, ad_stride=sizeof(ResultAd))
        has_grown = False
        while True:
            text = ctypes.create_string_buffer(text_capacity)
            response.text = cast(text, POINTER(c_char))
            response.text_capacity = text_capacity
            code = self.api.rescore(self.plugin, byref(request), byref(response), self.error)
            if code != E_TOO_SMALL or has_grown:
                break
            text_capacity, has_grown = response.text_size, True
        self.check(code)
        titles = [text.raw[r.title_offset:r.title_offset + r.title_size].decode() for r in results]
        return titles, response.status, has_grown

    def explain(self, request):
        extension = cast(self.api.get_extension(b"barker.explain/1"), POINTER(Explain)).contents
        text = Explain.Json()
        self.check(extension.explain(self.plugin, byref(request), byref(text), self.error))
        told = json.loads(ctypes.string_at(text.data, text.size))
        extension.release(text)
        return told

    def destroy(self):
        self.api.destroy(self.plugin)


def main():
    library, weights = sys.argv[1:]
    plugin = Plugin(library, weights)
    try:
        plugin.load("/nowhere/at/all")
        return "expected a path that leads nowhere to be refused"
    except RuntimeError as error:
        if not str(error).startswith(f"{E_NOT_FOUND}: "):
            return f"expected code {E_NOT_FOUND}, found {error}"
    titles = ["Trail running shoes", "City backpack 20 l", "Rain jacket <unisex>"]
    request = fill_page(titles, ["waterproof", "free shipping", "lightweight"])
    found, status, has_grown = plugin.rescore(request, 16)
    if status != RESCORED or not has_grown:
        return f"expected an answer that outgrows 16 bytes, found status {status}"
    if plugin.api.text_bound(plugin.plugin, byref(request)) < sum(len(t.encode()) for t in found):
        return "expected text_bound to bound the text"
    print("\n".join(found))
    told = plugin.explain(request)
    for ad in told["ads"]:
        print(ad["id"], [(p["text"], p["verdict"]) for p in ad["selling_points"]])
    plugin.destroy()
    chosen = [p for ad in told["ads"] for p in ad["selling_points"] if p["verdict"] == "chosen"]
    if not chosen or not any("<em>" in title for title in found):
        return "expected selling points in the titles"
    return 0


if __name__ == "__main__":
    sys.exit(main())
